pub fn test<S: Sending>() {
    let (mut sending, mut socket) = (S::new(), Socket::with_room(3));
    sending.send(b"hello", &mut socket);
    run(&mut sending, &mut socket);
    socket.make_room(100);
    run(&mut sending, &mut socket);
    assert_eq!(socket.taken(), "hello");
    assert!(!socket.is_asked(), "nothing is left, so nothing is asked for");
}
