//! Where webhooks may go, as tables.

use core::net::IpAddr;

use countersign_domain::webhook::guard::{Block, Denied, Rules, Target, special};

fn address(text: &str) -> IpAddr {
    text.parse().unwrap_or_else(|_| panic!("{text} is an address"))
}

#[test]
fn what_is_not_public_is_refused() {
    let refused = [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.100.100.200",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:8.8.8.8",
        "::127.0.0.1",
        "::8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b::808:808",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:2::1",
        "2001:10::1",
        "2001:20::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "2002:808:808::1",
        "3ffe::1",
        "3fff::1",
        "3fff:fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fdff::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::1",
        "ff0e::1",
    ];
    for text in refused {
        assert!(special(address(text)).is_some(), "{text}");
    }
    let public = [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.1",
        "100.63.255.255",
        "100.128.0.1",
        "126.255.255.255",
        "128.0.0.1",
        "168.63.129.17",
        "169.253.255.255",
        "169.255.0.1",
        "172.15.255.255",
        "172.32.0.1",
        "192.0.1.1",
        "192.0.3.1",
        "192.167.255.255",
        "192.169.0.1",
        "198.17.255.255",
        "198.20.0.1",
        "203.0.114.1",
        "223.255.255.255",
        "2001:200::1",
        "2001:4860:4860::8888",
        "2001:db7:ffff::1",
        "2001:db9::1",
        "2003::1",
        "2400:cb00::1",
        "2606:4700::1111",
        "3ffd::1",
        "3fff:1000::1",
    ];
    for text in public {
        assert_eq!(special(address(text)), None, "{text}");
    }
}

#[test]
fn a_url_is_read_in_one_way_or_not_at_all() {
    let read = [
        ("https://shop.example", "shop.example", 443, "/"),
        ("https://Shop.Example/hooks?a=1", "shop.example", 443, "/hooks?a=1"),
        ("https://shop.example.:8443?x", "shop.example", 8443, "/?x"),
        ("http://127.0.0.1:9/x", "127.0.0.1", 9, "/x"),
        ("https://[2606:4700::1111]/x", "2606:4700::1111", 443, "/x"),
        ("https://[::ffff:7f00:1]:8080/", "::ffff:127.0.0.1", 8080, "/"),
        ("https://a_b-c.example/%2e", "a_b-c.example", 443, "/%2e"),
    ];
    for (url, host, port, resource) in read {
        let target = Target::parse(url).unwrap_or_else(|why| panic!("{url}: {why:?}"));
        assert_eq!(
            (target.host.as_str(), target.port, target.resource.as_str()),
            (host, port, resource),
            "{url}"
        );
    }
    let refused = [
        "",
        "shop.example",
        "ftp://shop.example/",
        "HTTPS://shop.example/",
        "https://",
        "https:///x",
        "https://:443/",
        "https://user@shop.example/",
        "https://user:pw@shop.example/",
        "https://shop.example@127.0.0.1/",
        "https://shop.example\\@127.0.0.1/",
        "https://shop.example/#x",
        "https://shop.example/a b",
        "https://shop.example:0/",
        "https://shop.example:65536/",
        "https://shop.example:+443/",
        "https://shop.example:/",
        "https://shop..example/",
        "https://.example/",
        "https://sh\u{f6}p.example/",
        "https://shop.example/\u{f6}",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://127.1/",
        "https://0177.0.0.1/",
        "https://1.2.3.4.5/",
        "https://[::1/",
        "https://[::1%25eth0]/",
        "https://[127.0.0.1]/",
        "https://::1/",
        "https://shop.example%2f/",
        "https://shop.example:443:443/",
        "//shop.example/",
        "https:/shop.example/",
        "https://shop.example\n/",
    ];
    for url in refused {
        assert_eq!(Target::parse(url), Err(Denied::NotAUrl), "{url:?}");
    }
    assert!(Target::parse(&format!("https://a.example/{}", "x".repeat(2100))).is_err());
}

#[test]
fn only_what_is_allowed_is_called_without_tls_or_on_another_port() {
    let (usual, open) = (
        Rules::default(),
        Rules { allowed: vec![Block { address: address("10.1.0.0"), bits: 16 }], ports: vec![443, 8443] },
    );
    let target = |url: &str| Target::parse(url).expect("a URL");
    let (tls, plain, other) =
        (target("https://a.example/"), target("http://a.example/"), target("https://a.example:8443/"));
    let public = address("8.8.8.8");
    assert_eq!(usual.admit(&tls, public), Ok(()));
    assert_eq!(usual.admit(&plain, public), Err(Denied::NotEncrypted));
    assert_eq!(usual.admit(&other, public), Err(Denied::Port));
    assert_eq!(usual.admit(&tls, address("10.1.2.3")), Err(Denied::Address("private")));
    assert_eq!(open.admit(&other, public), Ok(()));
    assert_eq!(
        open.admit(&plain, public),
        Err(Denied::NotEncrypted),
        "a name that leads elsewhere gains nothing"
    );
    for inside in ["10.1.2.3", "::ffff:10.1.2.3"] {
        assert_eq!(open.admit(&plain, address(inside)), Ok(()), "{inside}");
    }
    assert_eq!(open.admit(&plain, address("10.2.0.1")), Err(Denied::Address("private")));
    let urls = [
        ("https://a.example/", Ok(()), Ok(())),
        ("http://a.example/", Err(Denied::NotEncrypted), Ok(())),
        ("https://a.example:8080/", Err(Denied::Port), Ok(())),
        (
            "https://169.254.169.254/latest",
            Err(Denied::Address("link-local")),
            Err(Denied::Address("link-local")),
        ),
        (
            "https://[::1]/",
            Err(Denied::Address("not a public address of IPv6")),
            Err(Denied::Address("not a public address of IPv6")),
        ),
        ("http://10.1.0.9:81/", Err(Denied::Address("private")), Ok(())),
    ];
    for (url, by_usual, by_open) in urls {
        assert_eq!(usual.admit_url(url).map(drop), by_usual, "{url}");
        assert_eq!(open.admit_url(url).map(drop), by_open, "{url}");
    }
}
