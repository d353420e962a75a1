use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use domain::TenantScope;

use crate::{
    Store, StoreError,
    item::{Item, Map, s},
};

/// A part of a list, newest first.
#[derive(Debug, Clone)]
pub struct PageOf<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Where the next part begins; `None` at the end.
    pub next: Option<String>,
}

impl PageOf<Map> {
    pub(crate) fn map<T>(
        self,
        read: impl Fn(&Map) -> Result<T, StoreError>,
    ) -> Result<PageOf<T>, StoreError> {
        let items = self.items.iter().map(read).collect::<Result<_, _>>()?;
        Ok(PageOf {
            items,
            next: self.next,
        })
    }
}

/// Every item that a query finds, by ascending sort key, as it stands after all that was written before.
pub(crate) async fn all(query: QueryFluentBuilder) -> Result<Vec<Map>, StoreError> {
    let pages = query.consistent_read(true).into_paginator();
    let items: Result<_, _> = pages.items().send().try_collect().await;
    Ok(items?)
}

/// The same, each read as it comes: what is made of many items may be kept where they themselves could not.
pub(crate) async fn each<T>(
    query: QueryFluentBuilder,
    read: impl Fn(&Map) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let pages = query.consistent_read(true).into_paginator();
    let mut items = pages.items().send();
    let mut found = Vec::new();
    while let Some(item) = items.next().await {
        found.push(read(&item?)?);
    }
    Ok(found)
}

impl Store {
    /// Items of one partition, those with the highest sort keys first, below `before`.
    pub(crate) async fn newest_first(
        &self,
        scope: &TenantScope,
        pk: String,
        limit: u32,
        before: Option<String>,
    ) -> Result<PageOf<Map>, StoreError> {
        let mut call = self
            .client(scope)
            .query()
            .table_name(&self.table)
            .key_condition_expression(if before.is_some() {
                "pk = :pk AND sk < :before"
            } else {
                "pk = :pk"
            })
            .expression_attribute_values(":pk", s(pk))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .consistent_read(true);
        if let Some(before) = before {
            call = call.expression_attribute_values(":before", s(before));
        }
        let answer = call.send().await?;
        let next = match (answer.last_evaluated_key(), answer.items().last()) {
            (Some(_), Some(last)) => Some(Item(last).text("sk")?.to_owned()),
            _ => None,
        };
        Ok(PageOf {
            items: answer.items.unwrap_or_default(),
            next,
        })
    }
}
