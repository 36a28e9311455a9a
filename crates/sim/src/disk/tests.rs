use super::*;

const NAME: &str = "1.db";

fn written(then: Mishap) -> Disk {
    let mut disk = Disk::with(NAME, b"old".to_vec());
    disk.write(NAME, 0, b"new").expect("writes");
    disk.set_trap(Trap { after: 0, then });
    assert!(disk.sync(NAME).is_err());
    assert_eq!(disk.content(NAME).expect("is there"), b"new", "it is still read");
    disk.sync(NAME).expect("goes well again");
    disk
}

fn found(disk: &Disk, seed: u64) -> Vec<u8> {
    disk.clone().after_power_loss(&mut Dice::new(seed)).content(NAME).expect("is there")
}

#[test]
fn what_a_failed_sync_should_have_saved_no_later_sync_saves() {
    let disk = written(Mishap::Error);
    assert!((0..20).all(|seed| found(&disk, seed) == b"old"));
}

#[test]
fn what_is_written_again_after_a_failed_sync_is_saved() {
    let mut disk = written(Mishap::Error);
    disk.write(NAME, 0, b"new").expect("writes");
    disk.sync(NAME).expect("goes well");
    assert!((0..20).all(|seed| found(&disk, seed) == b"new"));
}

#[test]
fn what_found_no_room_is_saved_when_there_is_some() {
    let disk = written(Mishap::Full(1));
    assert!((0..20).all(|seed| found(&disk, seed) == b"new"));
}
