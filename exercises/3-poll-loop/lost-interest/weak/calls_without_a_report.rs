fn leaves_in_many_pieces<S: Sending>() {
    let (mut sending, mut socket) = (S::new(), Socket::with_room(2));
    sending.send(b"abcdefg", &mut socket);
    for piece in ["ab", "abcd", "abcdef"] {
        sending.writable(&mut socket);
        sending.writable(&mut socket);
        assert_eq!(socket.taken(), piece, "what there is room for leaves");
        socket.make_room(2);
    }
    sending.writable(&mut socket);
    sending.writable(&mut socket);
    assert_eq!(socket.taken(), "abcdefg", "all has left");
    assert!(!socket.is_asked(), "nothing is left, so nothing is asked for");
}

fn does_not_overtake<S: Sending>() {
    let (mut sending, mut socket) = (S::new(), Socket::with_room(3));
    sending.send(b"first,", &mut socket);
    for _ in 0..10 {
        sending.writable(&mut socket);
    }
    // There is room again, but the poller has not reported it yet.
    socket.make_room(100);
    sending.send(b"second", &mut socket);
    for _ in 0..10 {
        sending.writable(&mut socket);
    }
    assert_eq!(socket.taken(), "first,second");
    assert!(!socket.is_asked(), "nothing is left, so nothing is asked for");
}
