use heapwood_deques::End;

pub fn test<S: Sequence>() {
    let mut sequence = S::default();
    for element in ["one", "two", "three"] {
        sequence.push(End::Front, element.as_bytes());
        sequence.push(End::Back, element.as_bytes());
    }
    assert_eq!(sequence.count(), 6);
    let taken: Vec<_> = [End::Back, End::Front, End::Back, End::Front, End::Back, End::Front]
        .map(|end| sequence.pop(end))
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(taken, ["three", "three", "two", "two", "one", "one"].map(|it| it.as_bytes().to_vec()));
    assert_eq!(sequence.count(), 0);
    assert_eq!(sequence.pop(End::Front), None);
}
