use heapwood_deques::End;

pub fn test<S: Sequence>() {
    let mut sequence = S::default();
    let elements: Vec<Vec<u8>> = (0..100).map(|number| vec![number; usize::from(number) * 3]).collect();
    for element in &elements {
        sequence.push(End::Back, element);
    }
    for (index, element) in elements.iter().enumerate() {
        assert_eq!(sequence.count(), 100 - index);
        assert_eq!(sequence.pop(End::Front).as_ref(), Some(element));
    }
    assert_eq!(sequence.pop(End::Front), None);
}
