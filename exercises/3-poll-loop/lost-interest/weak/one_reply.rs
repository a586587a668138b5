pub fn test<S: Sending>() {
    leaves_in_many_pieces::<S>();
}
