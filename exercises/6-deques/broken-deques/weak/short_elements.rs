const LENGTHS: [usize; 3] = [1, 5, 10];
