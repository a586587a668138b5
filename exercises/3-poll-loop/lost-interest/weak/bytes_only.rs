fn leaves_in_many_pieces<S: Sending>() {
    let (mut sending, mut socket) = (S::new(), Socket::with_room(2));
    sending.send(b"abcdefg", &mut socket);
    for piece in ["ab", "abcd", "abcdef"] {
        run(&mut sending, &mut socket);
        assert_eq!(socket.taken(), piece, "what there is room for leaves");
        assert!(socket.is_asked(), "the rest waits for room");
        socket.make_room(2);
    }
    run(&mut sending, &mut socket);
    assert_eq!(socket.taken(), "abcdefg", "all has left");
}

fn does_not_overtake<S: Sending>() {
    let (mut sending, mut socket) = (S::new(), Socket::with_room(3));
    sending.send(b"first,", &mut socket);
    run(&mut sending, &mut socket);
    // There is room again, but the poller has not reported it yet.
    socket.make_room(100);
    sending.send(b"second", &mut socket);
    run(&mut sending, &mut socket);
    assert_eq!(socket.taken(), "first,second");
}
