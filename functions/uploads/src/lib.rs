//! A municipality drops a file without S3 of its own, follows it, confirms or discards it.
//!
//! **Triggered by** the HTTP API:
//! - `POST /uploads` gives a link to PUT one file under exactly one key (role `register`; for a dose
//!   file `doses` will do, for a file of inquiries it takes `inquire`). The file then carries the tag of
//!   whoever asked for the link, and a proof of it, in a header that is signed;
//! - `GET /uploads` lists the dropped files, newest first (role `read`, `register`, `doses` or
//!   `inquire`);
//! - `GET /uploads/{id}` shows one as its receipt does (the same roles), with links to the receipt and,
//!   for whoever may see the people in it, to refused rows (of residents, whose My Numbers are in them:
//!   role `register`; of inquiries, for the same reason: `inquire`; of doses: `read`, `register` or
//!   `doses`) and to the answers to a file of inquiries;
//! - `POST /uploads/{id}/confirm` and `/discard` decide about a file that is held (role `register`).
//!
//! **What a repeat does.**
//! - A link can be asked for and followed any number of times; each file that is dropped makes a
//!   version, and so an upload, of its own.
//! - Confirming again what was confirmed changes nothing, but sends the hint to load once more: the
//!   first may have been lost after the file was released. The receipt that says so is written before
//!   the file is released, never after it: from then on whoever loads writes it. Until it is released
//!   nobody else decides about it, and after whoever died over that, not for half a minute.
//! - Discarding again what was discarded changes nothing, but writes the receipt once more, for the
//!   same reason.
//!
//! This function never opens a record and has no right to: an upload is counts, codes and times.

mod answer;
mod drop;
mod held;
mod wire;

use std::sync::Arc;

use api::{PageLimits, Problem, Request, Response, Role, enrolled};
use crypto::staff_tag;
use domain::{Clock, FileKind, TenantScope, UploadId, UploadState};
use objects::Objects;
use queues::LoadQueue;
use receipts::Receipt;
use store::{ChunkState, Store, Upload};

use crate::answer::{Links, Listed, Page, Shown};
use crate::drop::{FileToDrop, Ticket};

pub use wire::wire;

/// Who may look at uploads.
const READERS: [Role; 4] = [Role::Read, Role::Register, Role::Doses, Role::Inquire];

/// The function's work, over its adapters.
struct Uploads {
    store: Store,
    drop: Objects,
    loads: LoadQueue,
    clock: Arc<dyn Clock>,
}

impl Uploads {
    /// Answers one request.
    async fn handle(&self, request: Request) -> Response {
        let answer = match request.route() {
            "POST /uploads" => self.create(&request).await,
            "GET /uploads" => self.list(&request).await,
            "GET /uploads/{id}" => self.show(&request).await,
            "POST /uploads/{id}/confirm" => self.confirm(&request).await,
            "POST /uploads/{id}/discard" => self.discard(&request).await,
            _ => Err(Problem::not_found()),
        };
        answer.into()
    }

    async fn create(&self, request: &Request) -> Result<Response, Problem> {
        // Nobody learns which fields there are without a role that may drop anything.
        request
            .caller()
            .require_any(&[Role::Register, Role::Doses, Role::Inquire])?;
        let scope = request.caller().scope();
        let file = FileToDrop::read(request.fields()?)?;
        request.caller().require_any(file.roles())?;
        let key = file.key(scope)?;
        let tenant = enrolled(self.store.tenant(scope).await)?;
        let by = staff_tag(scope.code(), request.caller().subject());
        let mark = tenant.drop_mark(&key.key(), by)?.to_string();
        let now = self.clock.now();
        let link = self
            .drop
            .upload_link(scope, &key, &mark, now, drop::VALID_FOR);
        let link = link.await?;
        Ok(Response::json(&Ticket::of(&key, link)))
    }

    async fn list(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require_any(&READERS)?;
        let page = request.page(PageLimits::USUAL)?;
        let scope = request.caller().scope();
        enrolled(self.store.tenant(scope).await)?;
        let uploads = self.store.uploads(scope, page.limit, page.after).await?;
        Ok(Response::json(&Page {
            uploads: uploads
                .items
                .iter()
                .map(|upload| Listed::of(Receipt::of(scope, upload)))
                .collect(),
            next: uploads.next.map(|position| request.cursor(&position)),
        }))
    }

    async fn show(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require_any(&READERS)?;
        request.nothing_more()?;
        let scope = request.caller().scope();
        enrolled(self.store.tenant(scope).await)?;
        let upload = self.store.upload(scope, &id(request)?).await?;
        self.shown(request, &upload.ok_or(Problem::not_found())?)
            .await
    }

    async fn shown(&self, request: &Request, upload: &Upload) -> Result<Response, Problem> {
        let links = Links::to(&self.drop, request.caller(), upload, self.clock.now()).await?;
        Ok(Response::json(&Shown {
            receipt: Receipt::of(request.caller().scope(), upload),
            under_way: self.under_way(request.caller().scope(), upload).await?,
            links,
        }))
    }

    /// How far the parts are that are not done. Of residents only the changed rows are noted, which says nothing
    /// of how far the file is.
    async fn under_way(
        &self,
        scope: &TenantScope,
        upload: &Upload,
    ) -> Result<Option<u64>, Problem> {
        if upload.state != UploadState::Loading || upload.kind == FileKind::Residents {
            return Ok(None);
        }
        let chunks = self.store.chunk_states(scope, &upload.id).await?;
        let written = chunks.iter().map(|(_, state)| match state {
            ChunkState::Todo { written } => u64::from(*written),
            ChunkState::Done { .. } => 0,
        });
        Ok(Some(written.sum()))
    }
}

/// What is no id is the id of nothing.
fn id(request: &Request) -> Result<UploadId, Problem> {
    let id = request.path("id").parse();
    id.map_err(|_| Problem::not_found())
}
