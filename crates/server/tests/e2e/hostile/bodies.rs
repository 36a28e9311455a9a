//! Bodies that nobody means well with.

use crate::aspnet::{BSON, FORM, JSON, Typed, XML, bson, bson_nested};

/// Deeper than any stack that reads it by calling itself.
const DEEP: usize = 100_000;

/// Members of every dialect that are read.
const MEMBERS: [&str; 12] = [
    "withdrawPassword",
    "pass",
    "newpassword",
    "newpwd",
    "verifycode",
    "secret",
    "old",
    "new",
    "username",
    "mobiles",
    "name",
    "agentid",
];

pub(super) struct Body {
    pub(super) about: &'static str,
    pub(super) media: &'static str,
    pub(super) bytes: Vec<u8>,
}

fn body(about: &'static str, media: &'static str, bytes: impl Into<Vec<u8>>) -> Body {
    Body { about, media, bytes: bytes.into() }
}

/// None of these is a request that any endpoint carries out.
pub(super) fn all() -> Vec<Body> {
    let mut bodies = json();
    bodies.extend(xml());
    bodies.extend(binary());
    bodies.extend(forms());
    bodies
}

fn json() -> Vec<Body> {
    let every = |value: &str| {
        let members: Vec<_> = MEMBERS.iter().map(|name| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", members.join(","))
    };
    vec![
        body("nothing as JSON", JSON, ""),
        body("blanks as JSON", JSON, " \r\n\t "),
        body("a cut object", JSON, "{\"pass\":"),
        body("a list", JSON, "[]"),
        body("a text", JSON, "\"x\""),
        body("a number", JSON, "1"),
        body("null", JSON, "null"),
        body("two objects", JSON, "{}{}"),
        body("lists without end", JSON, "[".repeat(DEEP)),
        body("deep lists", JSON, "[".repeat(DEEP) + &"]".repeat(DEEP)),
        body("deep objects", JSON, "{\"a\":".repeat(DEEP) + "1" + &"}".repeat(DEEP)),
        body("deep in a member", JSON, every(&("[".repeat(DEEP / 20) + &"]".repeat(DEEP / 20)))),
        body("no UTF-8", JSON, b"{\"pass\":\"\xFF\xFE\xC0\x80\"}"),
        body("a lone surrogate", JSON, every("\"\\ud800\"")),
        body("a raw NUL", JSON, every("\"\0\"")),
        body("truth values", JSON, every("true")),
        body("lists for members", JSON, every("[1,[2]]")),
        body("objects for members", JSON, every("{\"x\":{}}")),
        body("members twice", JSON, every("\"abcdef\"").replace('}', ",") + &every("\"abcdef\"")[1..]),
        body("a number beyond all floats", JSON, every("1e999999")),
        body("a number of many digits", JSON, every(&"9".repeat(100_000))),
        body("a long name", JSON, format!("{{\"{}\":1}}", "n".repeat(900_000))),
        body("a long text", JSON, every(&format!("\"{}\"", "é".repeat(30_000)))),
        body("many members", JSON, many(60_000)),
        body("a comment", JSON, "/* */ {}"),
        body("UTF-7", "application/json; charset=utf-7", "+AHs-"),
        body("half a character of UTF-16", "application/json; charset=utf-16", "{"),
    ]
}

fn many(count: usize) -> String {
    let members: Vec<_> = (0..count).map(|n| format!("\"m{n}\":{n}")).collect();
    format!("{{{}}}", members.join(","))
}

fn xml() -> Vec<Body> {
    let root = "<NewPasswordWithVerifyCodeParm xmlns=\"http://schemas.datacontract.org/2004/07/\
        DigitalScience.DataTransfer.Tour.V5.Parm.WebInterface\">";
    let laughs = (1..10)
        .map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10)))
        .collect::<Vec<_>>()
        .concat();
    let attributes = (0..20_000).map(|n| format!(" a{n}=\"1\"")).collect::<Vec<_>>().concat();
    vec![
        body("nothing as XML", XML, ""),
        body("no end", XML, root),
        body("deep elements", XML, root.to_owned() + &"<a>".repeat(DEEP) + &"</a>".repeat(DEEP)),
        body("elements without end", XML, "<a>".repeat(DEEP)),
        body(
            "a billion laughs",
            XML,
            format!("<!DOCTYPE x [<!ENTITY l0 \"ha\">{laughs}]>{root}<mobile>&l9;</mobile>"),
        ),
        body(
            "a file",
            XML,
            format!("<!DOCTYPE x [<!ENTITY f SYSTEM \"file:///etc/passwd\">]>{root}<mobile>&f;</mobile>"),
        ),
        body("a DTD elsewhere", XML, format!("<!DOCTYPE x SYSTEM \"http://127.0.0.1:9/x.dtd\">{root}")),
        body(
            "an unknown entity",
            XML,
            format!("{root}<mobile>&nbsp;</mobile></NewPasswordWithVerifyCodeParm>"),
        ),
        body("a huge number for a character", XML, format!("{root}<mobile>&#99999999999;</mobile>")),
        body("many attributes", XML, format!("<x{attributes}/>")),
        body(
            "many namespaces",
            XML,
            (0..5_000).map(|n| format!("<a{n} xmlns:p{n}=\"u\">")).collect::<Vec<_>>().concat(),
        ),
        body("no UTF-8 in XML", XML, [root.as_bytes(), b"<mobile>\xFF</mobile>"].concat()),
        body("an endless comment", XML, format!("<!--{}", "-".repeat(500_000))),
        body("a binary body as XML", XML, vec![0; 100_000]),
    ]
}

fn binary() -> Vec<Body> {
    let good = bson(&[("mobile", Typed::Text("1"))]);
    let with_length = |length: i32| [&length.to_le_bytes()[..], &good[4..]].concat();
    let text_of = |length: i32| {
        let mut bytes = good.clone();
        // After the length of the document, the type and `mobile\0`.
        bytes[12..16].copy_from_slice(&length.to_le_bytes());
        bytes
    };
    let mut deep = bson(&[]);
    for _ in 0..5_000 {
        deep = bson_nested(3, "d", &deep);
    }
    let inner_lies = bson_nested(3, "mobile", &with_length(i32::MAX));
    let twice = bson(&[("mobile", Typed::Text("1")), ("MOBILE", Typed::Text("2"))]);
    let mut rows = vec![
        body("nothing as BSON", BSON, ""),
        body("three bytes", BSON, [5, 0, 0]),
        body("deep documents", BSON, deep),
        body("a document that lies inside", BSON, inner_lies),
        body("a member twice in BSON", BSON, twice),
        body("an unknown type", BSON, [12, 0, 0, 0, 0x42, b'a', 0, 1, 2, 3, 4, 0]),
        body("a name without end", BSON, [9, 0, 0, 0, 2, b'a', b'a', b'a', b'a']),
        body("ones", BSON, vec![0xFF; 100_000]),
    ];
    rows.extend(
        [0, -1, 4, i32::MIN, i32::MAX].map(|length| body("a false length", BSON, with_length(length))),
    );
    rows.extend(
        [0, -1, i32::MIN, i32::MAX].map(|length| body("a text of false length", BSON, text_of(length))),
    );
    rows
}

fn forms() -> Vec<Body> {
    let pairs: Vec<_> = MEMBERS.iter().map(|name| format!("{name}=abcdef")).collect();
    let pairs = pairs.join("&");
    vec![
        body("nothing as a form", FORM, ""),
        body("members twice in a form", FORM, format!("{pairs}&{pairs}&accessToken=x&accessToken=y")),
        body("broken escapes", FORM, "accessToken=%&pass=%zz&mobile=%f"),
        body("escapes that are no UTF-8", FORM, "accessToken=%FF%FE&newpassword=%C0%80&userId=%ED%A0%80"),
        body("a NUL in a form", FORM, "userId=%00&accessToken=%00&username=%00"),
        body("many pairs", FORM, "a=1&".repeat(200_000)),
        body("only separators", FORM, "&=".repeat(400_000)),
        body("another type", "text/plain", "pass=abcdef"),
        body("no type at all", "", "{\"pass\":\"abcdef\""),
        body("a type that is none", "/,=;;;", "{}"),
        body("a type of many parameters", "multipart/form-data; boundary=x", "--x\r\n\r\n--x--"),
    ]
}
