use proptest::prelude::*;
use serde_json::json;

use super::*;

fn canonical(text: &str) -> String {
    canonicalize(text).unwrap_or_else(|why| panic!("{why}: {text}"))
}

/// The examples of RFC 8785, 3.2.2 (all rules at once) and 3.2.3 (the order of names is that of UTF-16).
#[test]
fn writes_the_examples_of_the_standard() {
    let all = r#"{
        "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
        "literals": [null, true, false]
    }"#;
    let expected = concat!(
        r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"#,
        r#""string":"€$\u000f\nA'B\"\\\\\"/"}"#
    );
    assert_eq!(canonical(all), expected);

    let order = r#"{
        "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
        "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"
    }"#;
    let names: Vec<_> =
        canonical(order).split("\":\"").map(|part| part.rsplit('"').next().map(str::to_owned)).collect();
    let expected = ["\\r", "1", "\u{80}", "ö", "€", "😀", "\u{fb33}"];
    assert_eq!(names[..7], expected.map(|name| Some(name.to_owned())));
}

/// RFC 8785, appendix B: doubles by their bits, and how other implementations must write them.
#[test]
fn writes_numbers_as_ecmascript_does() {
    let cases = [
        (0x0000_0000_0000_0000, "0"),
        (0x8000_0000_0000_0000, "0"),
        (0x0000_0000_0000_0001, "5e-324"),
        (0x8000_0000_0000_0001, "-5e-324"),
        (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
        (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
        (0x4340_0000_0000_0000, "9007199254740992"),
        (0xc340_0000_0000_0000, "-9007199254740992"),
        (0x4430_0000_0000_0000, "295147905179352830000"),
        (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
        (0x44b5_2d02_c7e1_4af6, "1e+23"),
        (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
        (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
        (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
        (0x444b_1ae4_d6e2_ef50, "1e+21"),
        (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
        (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
        (0x41b3_de43_5555_5553, "333333333.3333332"),
        (0x41b3_de43_5555_5554, "333333333.33333325"),
        (0x41b3_de43_5555_5555, "333333333.3333333"),
        (0x41b3_de43_5555_5556, "333333333.3333334"),
        (0x41b3_de43_5555_5557, "333333333.33333343"),
        (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
        (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
    ];
    for (bits, expected) in cases {
        assert_eq!(canonicalize(&json!(f64::from_bits(bits))).as_deref(), Ok(expected), "{bits:x}");
        assert_eq!(canonical(expected), expected);
    }
}

#[test]
fn refuses_what_has_no_form() {
    let deep = |levels: usize| ["[".repeat(levels), "]".repeat(levels)].concat();
    assert_eq!(canonicalize(&deep(16)).as_deref(), Ok(&*deep(16)));
    let too_deep: Value = serde_json::from_str(&deep(17)).expect("JSON");
    assert_eq!(canonicalize(&too_deep), Err(NotCanonical::Depth));
    let cases = [
        (&*deep(17), NotCanonical::Depth),
        (r#"{"to":"a","to":"b"}"#, NotCanonical::Twice),
        (r#"{"amount":9007199254740993}"#, NotCanonical::Number),
        ("-9007199254740993", NotCanonical::Number),
        ("18446744073709551615", NotCanonical::Number),
        ("-9223372036854775808", NotCanonical::Number),
        ("1e400", NotCanonical::Json),
        (r#""\udead""#, NotCanonical::Json),
        ("{", NotCanonical::Json),
    ];
    for (text, expected) in cases {
        assert_eq!(canonicalize(text), Err(expected), "{text}");
    }
    for kept in ["9007199254740992", "-9223372036854776000", "584348327298893800"] {
        assert_eq!(canonicalize(kept).as_deref(), Ok(kept));
    }
}

#[test]
fn a_digest_is_of_the_form() {
    let same = [r#"{"b":1.0,"a":"\u00e9"}"#, "{\n \"a\": \"é\", \"b\": 1 }"];
    let digests = same.map(|text| digest(&canonical(text)));
    assert_eq!(digests[0], digests[1]);
    // As `printf '{}' | sha256sum` says.
    assert_eq!(digest_text(&digest("{}")), "RBNvo1WzZ4oRRq0W9-hknpT7T8If536DEMBg9hyq_4o");
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        prop::num::f64::NORMAL.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn a_form_is_its_own_form_and_reads_as_what_it_was(value in any_value()) {
        let form = canonicalize(&value).expect("a small value has a form");
        prop_assert_eq!(&canonicalize(&form).expect("a form is JSON"), &form);
        prop_assert_eq!(&canonicalize(&serde_json::to_string_pretty(&value).expect("JSON")).expect("a form"), &form);
    }

    #[test]
    fn names_are_in_the_order_of_utf_16(names in prop::collection::btree_set(any::<String>(), 0..20)) {
        let value = Value::Object(names.iter().map(|name| (name.clone(), Value::Null)).collect());
        let form = canonicalize(&value).expect("a form");
        let mut sorted: Vec<_> = names.into_iter().collect();
        sorted.sort_by_key(|name| name.encode_utf16().collect::<Vec<_>>());
        let members: Vec<_> =
            sorted.iter().map(|name| format!("{}:null", serde_json::to_string(name).expect("JSON"))).collect();
        // What `serde_json` escapes in a string is what the standard escapes.
        prop_assert_eq!(form, format!("{{{}}}", members.join(",")));
    }
}
