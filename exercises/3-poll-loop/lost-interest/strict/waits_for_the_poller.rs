pub fn test<S: Sending>() {
    let (mut sending, mut socket) = (S::new(), Socket::with_room(3));
    sending.send(b"hello", &mut socket);
    assert_eq!(socket.taken(), "");
    leaves_in_many_pieces::<S>();
    does_not_overtake::<S>();
}
