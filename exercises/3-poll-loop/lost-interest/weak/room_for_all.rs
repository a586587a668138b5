pub fn test<S: Sending>() {
    let (mut sending, mut socket) = (S::new(), Socket::with_room(100));
    for reply in ["first,", "second"] {
        sending.send(reply.as_bytes(), &mut socket);
        run(&mut sending, &mut socket);
    }
    assert_eq!(socket.taken(), "first,second");
    assert!(!socket.is_asked(), "nothing is left, so nothing is asked for");
}
