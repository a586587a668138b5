pub fn test<S: Sequence>() {
    assert_eq!(S::default().allocated_bytes(), 0, "an empty one");
    let mut state = 6_u64;
    let mut below = move |end: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as usize % end
    };
    for _ in 0..20 {
        let (mut sequence, mut plain) = (S::default(), VecDeque::<Vec<u8>>::new());
        for step in 0..300 {
            let end = if below(2) == 0 { End::Front } else { End::Back };
            // It grows for sixty steps, and shrinks for the next forty.
            let pushes = if step % 100 < 60 { 3 } else { 1 };
            if below(4) < pushes {
                let element = vec![step as u8; LENGTHS[below(LENGTHS.len())]];
                sequence.push(end, &element);
                match end {
                    End::Front => plain.push_front(element),
                    End::Back => plain.push_back(element),
                }
            } else {
                let expected = if end == End::Front { plain.pop_front() } else { plain.pop_back() };
                assert_eq!(sequence.pop(end), expected, "step {step}: a pop at the {end:?}");
            }
            assert_eq!(sequence.count(), plain.len(), "step {step}: the count");
            let payload: usize = plain.iter().map(Vec::len).sum();
            assert!(sequence.allocated_bytes() >= payload, "step {step}: less memory than {payload} bytes");
        }
    }
}
