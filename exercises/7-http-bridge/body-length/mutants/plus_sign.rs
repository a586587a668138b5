pub fn decimal(value: &str) -> Result<usize, ApiError> {
    value.parse().map_err(|_| bad("Content-Length is not a number of digits only"))
}
