pub fn test<S: Sending>() {
    leaves_in_many_pieces::<S>();
}

fn leaves_in_many_pieces<S: Sending>() {
    let (mut sending, mut socket) = (S::new(), Socket::with_room(2));
    sending.send(b"abcdefg", &mut socket);
    for piece in ["ab", "abcd", "abcdef"] {
        run(&mut sending, &mut socket);
        assert!(piece.starts_with(&socket.taken()));
        socket.make_room(2);
    }
    run(&mut sending, &mut socket);
    assert!("abcdefg".starts_with(&socket.taken()));
    assert!(!socket.is_asked(), "nothing is left, so nothing is asked for");
}
