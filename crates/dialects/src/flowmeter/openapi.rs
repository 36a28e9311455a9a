//! This dialect's part of the OpenAPI document.

use serde_json::json;
use utoipa::openapi::OpenApi;
use utoipa::openapi::schema::ObjectBuilder;

use super::settings::Settings;
use super::wire::{MODEL, NEWPWD_MAX, VERIFYCODE_MAX};
use crate::aspnet::openapi::{Part, integer, text};

/// The document's part, as the settings have it.
pub(super) fn document(settings: &Settings) -> OpenApi {
    let newpwd = "UPPER_MD5 of the new secret under Triple DES with a key made from the code, in Base64 or \
         hexadecimal";
    crate::aspnet::openapi::document(Part {
        dialect: "flowmeter",
        about: "重置密码, document 004",
        path: super::ENDPOINTS[0].path,
        operation: "flowmeter_reset_pwd",
        summary: "Reset a user's password with a code (使用验证码重置密码)",
        model: &MODEL,
        body: ObjectBuilder::new()
            .property("agentid", integer("The operator company's id (运营商的ID)"))
            .property("usercode", integer("The user's number inside it (用户名)"))
            .property("verifycode", text("The code", VERIFYCODE_MAX))
            .property("newpwd", text(newpwd, NEWPWD_MAX)),
        example: json!({
            "agentid": 1,
            "usercode": 2,
            "verifycode": "493817",
            "newpwd": "8Pda+AF6UgZs6EUPVJjjfDKYxufg3aBIWRV2mtOYd+BjjqBNl/jOnw==",
        }),
        xml_example: EXAMPLE_XML,
        hawk_required: true,
        prefix: &prefix(settings),
    })
}

const EXAMPLE_XML: &str = "<AgentResetPwdParm xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" \
     xmlns=\"http://schemas.datacontract.org/2004/07/DigitalScience.DataTransfer.Flowmeter\">\
     <agentid>1</agentid><newpwd>8Pda+AF6UgZs6EUPVJjjfDKYxufg3aBIWRV2mtOYd+BjjqBNl/jOnw==</newpwd>\
     <usercode>2</usercode><verifycode>493817</verifycode></AgentResetPwdParm>";

fn prefix(settings: &Settings) -> String {
    if settings.model_prefix.is_empty() { String::new() } else { format!("{}.", settings.model_prefix) }
}
