pub fn test<S: Sending>() {
    let (mut sending, mut socket) = (S::new(), Socket::with_room(0));
    sending.send(b"hello", &mut socket);
    socket.make_room(100);
    if socket.is_reported() {
        sending.writable(&mut socket);
    }
    assert_eq!(socket.taken(), "hello");
    leaves_in_many_pieces::<S>();
    does_not_overtake::<S>();
}
