//! Apps: one row each.

use countersign_domain::app::App;
use countersign_domain::command::Page;
use countersign_domain::id::AppId;
use countersign_domain::identifier::TenantId;
use rusqlite::{Connection, OptionalExtension, params};

use super::claim;
use super::savepoint::atomically;
use crate::door::{KeptAnswer, Stored};
use crate::record;

pub(super) fn create(connection: &Connection, app: &App, answer: Option<&KeptAnswer>) -> Stored<()> {
    let record = record::encode_app(app)?;
    atomically(connection, || {
        connection
            .prepare_cached(
                "INSERT INTO apps (id, tenant, record) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO NOTHING",
            )?
            .execute(params![app.id.as_bytes(), app.tenant.as_str(), record])?;
        answer.map_or(Ok(()), |answer| claim::answer_held(connection, answer))
    })
}

pub(super) fn update(connection: &Connection, id: AppId, decide: impl FnOnce(&mut App)) -> Stored<bool> {
    let Some(mut app) = read(connection, id)? else { return Ok(false) };
    decide(&mut app);
    connection
        .prepare_cached("UPDATE apps SET record = ?2 WHERE id = ?1")?
        .execute(params![id.as_bytes(), record::encode_app(&app)?])?;
    Ok(true)
}

pub(super) fn read(connection: &Connection, id: AppId) -> Stored<Option<App>> {
    let mut statement = connection.prepare_cached("SELECT record FROM apps WHERE id = ?1")?;
    let found =
        statement.query_row([id.as_bytes()], |row| Ok(record::decode_app(row.get_ref(0)?.as_blob()?)));
    found.optional()?.transpose()
}

pub(super) fn list(connection: &Connection, tenant: &TenantId, page: Page<AppId>) -> Stored<Vec<App>> {
    // Nothing sorts before the empty key.
    let after = page.after.as_ref().map_or(&[][..], |id| id.as_bytes());
    let mut statement = connection
        .prepare_cached("SELECT record FROM apps WHERE tenant = ?1 AND id > ?2 ORDER BY id LIMIT ?3")?;
    let mut rows = statement.query(params![tenant.as_str(), after, page.limit])?;
    let mut apps = Vec::new();
    while let Some(row) = rows.next()? {
        apps.push(record::decode_app(&row.get::<_, Vec<u8>>(0)?)?);
    }
    Ok(apps)
}

pub(super) fn delete(connection: &Connection, id: AppId) -> Stored<bool> {
    Ok(connection.prepare_cached("DELETE FROM apps WHERE id = ?1")?.execute([id.as_bytes()])? > 0)
}
