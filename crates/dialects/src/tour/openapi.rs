//! This dialect's part of the OpenAPI document.

use serde_json::json;
use utoipa::openapi::OpenApi;
use utoipa::openapi::schema::ObjectBuilder;

use super::settings::Settings;
use super::wire::{MOBILE_MAX, MODEL, NEWPASSWORD_MAX, USERNAME_MAX, VERIFYCODE_MAX};
use crate::aspnet::openapi::{Part, text};

/// The document's part, as the settings have it.
pub(super) fn document(settings: &Settings) -> OpenApi {
    let newpassword = "UPPER_MD5 of the new secret under Triple DES with the session's key, in Base64";
    let mobile = "The whole number or its last 4 to 11 digits; mobile 1 or mobile 2 of the account";
    crate::aspnet::openapi::document(Part {
        dialect: "tour",
        about: "支付密码, document 001",
        path: super::ENDPOINTS[0].path,
        operation: "tour_change_pay_password",
        summary: "Change the payment password with a code by SMS (使用手机验证码修改支付密码)",
        model: &MODEL,
        body: ObjectBuilder::new()
            .property("newpassword", text(newpassword, NEWPASSWORD_MAX))
            .property("verifycode", text("The code", VERIFYCODE_MAX))
            .property("mobile", text(mobile, MOBILE_MAX))
            .property("username", text("The login name", USERNAME_MAX)),
        example: json!({
            "newpassword": "sample string 1",
            "verifycode": "493817",
            "mobile": "5678",
            "username": "sample string 4",
        }),
        xml_example: EXAMPLE_XML,
        hawk_required: settings.require_hawk,
        prefix: &prefix(settings),
    })
}

const EXAMPLE_XML: &str = "<NewPasswordWithVerifyCodeParm xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" \
     xmlns=\"http://schemas.datacontract.org/2004/07/DigitalScience.DataTransfer.Tour.V5.Parm.WebInterface\">\
     <mobile>5678</mobile><newpassword>sample string 1</newpassword><username>sample string 4</username>\
     <verifycode>493817</verifycode></NewPasswordWithVerifyCodeParm>";

fn prefix(settings: &Settings) -> String {
    if settings.model_prefix.is_empty() { String::new() } else { format!("{}.", settings.model_prefix) }
}
