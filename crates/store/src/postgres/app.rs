//! Apps: one row each.

use countersign_domain::app::App;
use countersign_domain::command::Page;
use countersign_domain::id::AppId;
use countersign_domain::identifier::TenantId;

use super::claim;
use super::connection::Connection;
use super::trouble::{Trouble, caught};
use crate::door::{KeptAnswer, StoreFault, Stored};
use crate::record;

pub(super) async fn create(
    connection: &Connection,
    app: &App,
    answer: Option<&KeptAnswer>,
) -> Result<(), Trouble> {
    let created = create_within(connection, app, answer).await;
    if created.is_err() {
        connection.undo().await;
    }
    created
}

async fn create_within(
    connection: &Connection,
    app: &App,
    answer: Option<&KeptAnswer>,
) -> Result<(), Trouble> {
    connection
        .begin(
            "INSERT INTO apps (id, tenant, record) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
            &[&&app.id.as_bytes()[..], &app.tenant.as_str(), &record::encode_app(app)?],
        )
        .await?;
    if let Some(answer) = answer {
        claim::answer_held(connection, answer).await?;
    }
    connection.commit().await
}

/// Loads an app under a lock, runs `decide` and saves it. `after` remembers what it was and became, from try to try.
pub(super) async fn update<F: FnOnce(&mut App)>(
    connection: &Connection,
    id: AppId,
    decide: &mut Option<F>,
    change: &mut Option<(Vec<u8>, Vec<u8>)>,
) -> Result<bool, Trouble> {
    let updated = update_within(connection, id, decide, change).await;
    if !matches!(updated, Ok(true)) {
        connection.undo().await;
    }
    updated
}

async fn update_within<F: FnOnce(&mut App)>(
    connection: &Connection,
    id: AppId,
    decide: &mut Option<F>,
    change: &mut Option<(Vec<u8>, Vec<u8>)>,
) -> Result<bool, Trouble> {
    let key = &id.as_bytes()[..];
    let rows = connection.begin("SELECT record FROM apps WHERE id = $1 FOR UPDATE", &[&key]).await?;
    let Some(found) = rows.first().map(|row| row.get::<_, &[u8]>(0)) else { return Ok(false) };
    if let Some(decide) = decide.take() {
        let mut app = record::decode_app(found)?;
        caught(|| decide(&mut app))?;
        *change = Some((found.to_vec(), record::encode_app(&app)?));
    }
    let Some((_, after)) = change.as_ref().filter(|(before, after)| found == before || found == after) else {
        return Err(StoreFault::Unavailable("the app was changed by others meanwhile".into()).into());
    };
    connection.execute("UPDATE apps SET record = $2 WHERE id = $1", &[&key, after]).await?;
    connection.commit().await.map(|()| true)
}

pub(super) async fn list(
    connection: &Connection,
    tenant: &TenantId,
    page: Page<AppId>,
) -> Result<Vec<App>, Trouble> {
    // Nothing sorts before the empty key.
    let after = page.after.as_ref().map_or(&[][..], |id| id.as_bytes());
    let rows = connection
        .rows(
            "SELECT record FROM apps WHERE id > $1 AND tenant = $2 ORDER BY id LIMIT $3",
            &[&after, &tenant.as_str(), &i64::from(page.limit)],
        )
        .await?;
    Ok(rows.iter().map(|row| record::decode_app(row.get(0))).collect::<Stored<_>>()?)
}

pub(super) async fn delete(connection: &Connection, id: AppId) -> Result<bool, Trouble> {
    Ok(connection.alone("DELETE FROM apps WHERE id = $1", &[&&id.as_bytes()[..]]).await? > 0)
}
