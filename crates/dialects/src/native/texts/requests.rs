//! What is wrong with a request, or with the server, whatever was asked.

use super::Row;
use crate::native::wire::problem::ProblemCode;

pub(super) static ROWS: [Row; 17] = [
    (
        ProblemCode::MalformedRequest,
        ["Malformed request", "请求格式错误", "請求格式錯誤"],
        ["The request cannot be read: {}.", "无法读取请求（{}）。", "無法讀取請求（{}）。"],
    ),
    (
        ProblemCode::InvalidParameter,
        ["Invalid parameter", "参数无效", "參數無效"],
        ["Missing or not allowed: {}.", "缺少或不被接受的参数：{}。", "缺少或不被接受的參數：{}。"],
    ),
    (
        ProblemCode::IdempotencyMismatch,
        ["Idempotency key reused", "幂等键被重复使用", "冪等鍵被重複使用"],
        [
            "This Idempotency-Key was used for another request.",
            "此 Idempotency-Key 已用于另一个请求。",
            "此 Idempotency-Key 已用於另一個請求。",
        ],
    ),
    (
        ProblemCode::IdempotencyConflict,
        ["Request still running", "请求仍在处理中", "請求仍在處理中"],
        [
            "A request with this Idempotency-Key is not finished.",
            "使用此 Idempotency-Key 的请求尚未完成。",
            "使用此 Idempotency-Key 的請求尚未完成。",
        ],
    ),
    (
        ProblemCode::Unauthenticated,
        ["Not authenticated", "未通过身份验证", "未通過身分驗證"],
        ["A valid bearer credential is needed.", "需要有效的 Bearer 凭证。", "需要有效的 Bearer 憑證。"],
    ),
    (
        ProblemCode::InsufficientUserAuthentication,
        ["Log in again", "请重新登录", "請重新登入"],
        [
            "The login was too long ago, or is not strong enough for this.",
            "登录时间过久，或登录方式的安全级别不足。",
            "登入時間過久，或登入方式的安全等級不足。",
        ],
    ),
    (
        ProblemCode::Forbidden,
        ["Forbidden", "没有权限", "沒有權限"],
        ["This key lacks the scope {}.", "此密钥没有 {} 权限。", "此金鑰沒有 {} 權限。"],
    ),
    (
        ProblemCode::NotFound,
        ["Not found", "未找到", "找不到"],
        ["There is nothing of that name.", "没有这个名称的资源。", "沒有這個名稱的資源。"],
    ),
    (
        ProblemCode::MethodNotAllowed,
        ["Method not allowed", "不支持该方法", "不支援該方法"],
        ["This path takes {}.", "此路径只接受 {}。", "此路徑只接受 {}。"],
    ),
    (
        ProblemCode::BodyTooLarge,
        ["Body too large", "请求体过大", "請求主體過大"],
        ["The body may have at most {} bytes.", "请求体最多 {} 字节。", "請求主體最多 {} 位元組。"],
    ),
    (
        ProblemCode::UnsupportedMediaType,
        ["Unsupported media type", "不支持的媒体类型", "不支援的媒體類型"],
        [
            "The body must be application/json in UTF-8.",
            "请求体须为 UTF-8 编码的 application/json。",
            "請求主體須為 UTF-8 編碼的 application/json。",
        ],
    ),
    (
        ProblemCode::RateLimited,
        ["Too many requests", "请求过于频繁", "請求過於頻繁"],
        ["Try again in {} s.", "请在 {} 秒后重试。", "請在 {} 秒後重試。"],
    ),
    (
        ProblemCode::InternalError,
        ["Internal error", "系统内部错误", "系統內部錯誤"],
        [
            "The fault is ours; give the request_id to the operator.",
            "系统出错，请将 request_id 告知管理员。",
            "系統出錯，請將 request_id 告知管理員。",
        ],
    ),
    (
        ProblemCode::Overloaded,
        ["Overloaded", "系统繁忙", "系統忙碌"],
        [
            "Nothing was charged. Try again in {} s.",
            "未计入任何次数，请在 {} 秒后重试。",
            "未計入任何次數，請在 {} 秒後重試。",
        ],
    ),
    (
        ProblemCode::Unavailable,
        ["Unavailable", "服务暂不可用", "服務暫不可用"],
        [
            "The database cannot be reached. Try again in {} s, with the same idempotency key: what was begun may be done.",
            "暂时无法连接数据库，请在 {} 秒后以相同的幂等键重试：已开始的操作可能已完成。",
            "暫時無法連線資料庫，請在 {} 秒後以相同的冪等鍵重試：已開始的操作可能已完成。",
        ],
    ),
    (
        ProblemCode::ReadOnly,
        ["Read-only", "只读", "唯讀"],
        [
            "Nothing is written for a while, and nothing was done. Try again in {} s.",
            "系统暂时只读，未执行任何操作，请在 {} 秒后重试。",
            "系統暫時唯讀，未執行任何操作，請在 {} 秒後重試。",
        ],
    ),
    (
        ProblemCode::WebhookLimit,
        ["Too many webhooks", "Webhook 过多", "Webhook 過多"],
        [
            "There are {} webhooks, and no more may be. Delete one first.",
            "已有 {} 个 Webhook，达到上限；请先删除一个。",
            "已有 {} 個 Webhook，達到上限；請先刪除一個。",
        ],
    ),
];
