//! 支援措置, 券番号 and 個人番号: what a file without the column leaves as it is.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use store::ManifestPlace;
use system::{
    file::{COLUMNS, Encoding, File, Row},
    town::{CHIYODA, Town, scope},
};

pub(super) const COLUMN: &str = "支援措置";

/// Drops rows as a file with 支援措置 or without it; new, changed, unchanged, removed.
async fn drop(town: &Town, with_column: bool, rows: Vec<Row>) -> [u64; 4] {
    let without: &[&str] = if with_column { &[] } else { &[COLUMN] };
    drop_without(town, without, rows).await
}

/// The same without these columns.
async fn drop_without(town: &Town, without: &[&str], rows: Vec<Row>) -> [u64; 4] {
    let receipt = take_in_without(town, without, rows).await;
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");
    ["new", "changed", "unchanged", "removed"].map(|it| receipt["rows"][it].as_u64().unwrap())
}

/// The receipt of such a file.
pub(super) async fn take_in_without(town: &Town, without: &[&str], rows: Vec<Row>) -> Value {
    let mut file = File::new(rows);
    let columns = COLUMNS.into_iter();
    file.columns = columns.filter(|it| !without.contains(it)).collect();
    // The very same bytes would be known as the same file.
    let empty_lines = "\r\n".repeat(town.uploads(CHIYODA).await.len());
    let bytes = Encoding::Cp932.encode(&(file.text() + &empty_lines));
    town.take_in(CHIYODA, "a.csv", bytes).await
}

pub(super) async fn known(town: &Town, numbers: &[u32]) -> Value {
    let mut known = Vec::new();
    for number in numbers {
        let row = Row::of(*number);
        let found = town.resident(CHIYODA, row.cell("個別宛名番号")).await;
        known.push(found.unwrap()["protected"].clone());
    }
    Value::from(known)
}

#[tokio::test(start_paused = true)]
async fn a_file_without_the_column_protects_nobody_and_unprotects_nobody() {
    let town = Town::start().await;
    // Without the column nobody knows, and that is no "no".
    assert_eq!(drop(&town, false, vec![Row::of(4)]).await, [1, 0, 0, 0]);
    assert_eq!(known(&town, &[4]).await, json!([null]));
    assert_eq!(drop(&town, false, vec![Row::of(4)]).await, [0, 0, 1, 0]);

    let said = ["1", "0", ""]
        .into_iter()
        .zip(1..)
        .map(|(cell, number)| Row::of(number).with(COLUMN, cell));
    assert_eq!(drop(&town, true, said.collect()).await, [3, 0, 0, 0]);
    let all = [1, 2, 3, 4];
    let expected = json!([true, false, false, null]);
    assert_eq!(known(&town, &all).await, expected);

    // The same people without the column: there is nothing to be written.
    let same = all.map(Row::of).to_vec();
    assert_eq!(drop(&town, false, same.clone()).await, [0, 0, 4, 0]);
    assert_eq!(known(&town, &all).await, expected);

    // Something else of them changes, twice, so that both slots were written since.
    for name in ["山田　改", "山田　再"] {
        let renamed: Vec<_> = all.map(|it| Row::of(it).with("氏名", name)).to_vec();
        assert_eq!(
            drop(&town, false, renamed.clone()).await,
            [0, 4, 0, 0],
            "{name}"
        );
        assert_eq!(known(&town, &all).await, expected, "{name}");
        assert_eq!(drop(&town, false, renamed).await, [0, 0, 4, 0], "{name}");
    }

    // Somebody leaves and returns.
    town.set(CHIYODA, |settings| settings.max_removed_percent = 100)
        .await;
    let leaves = vec![Row::of(1).with("異動区分", "2")];
    assert_eq!(drop(&town, false, leaves).await, [0, 0, 0, 1]);
    assert_eq!(drop(&town, false, vec![Row::of(1)]).await, [0, 1, 0, 0]);
    assert_eq!(known(&town, &[1]).await, json!([true]));
}

#[tokio::test(start_paused = true)]
async fn a_file_with_the_column_says_who_is_protected_and_who_no_longer() {
    let town = Town::start().await;
    town.set(CHIYODA, |settings| settings.max_removed_percent = 100)
        .await;
    let said = |cells: [&str; 2]| {
        cells
            .into_iter()
            .zip(1..)
            .map(|(cell, number)| Row::of(number).with(COLUMN, cell))
            .collect()
    };
    drop(&town, false, vec![Row::of(1), Row::of(2)]).await;
    assert_eq!(drop(&town, true, said(["1", "0"])).await, [0, 2, 0, 0]);
    assert_eq!(known(&town, &[1, 2]).await, json!([true, false]));
    assert_eq!(
        drop(&town, true, said(["1", ""])).await,
        [0, 0, 2, 0],
        "empty is no"
    );
    assert_eq!(drop(&town, true, said(["", "1"])).await, [0, 2, 0, 0]);
    assert_eq!(known(&town, &[1, 2]).await, json!([false, true]));
}

#[tokio::test(start_paused = true)]
async fn who_leaves_with_an_empty_cell_stays_protected() {
    let town = Town::start().await;
    town.set(CHIYODA, |settings| settings.max_removed_percent = 100)
        .await;
    let said = |cell| Row::of(1).with(COLUMN, cell);
    let leaves = |cell| said(cell).with("異動区分", "2");
    let back = || async {
        let left = drop(&town, false, vec![Row::of(1)]).await;
        assert_eq!(left, [0, 1, 0, 0]);
        known(&town, &[1]).await
    };
    drop(&town, true, vec![said("1")]).await;
    assert_eq!(drop(&town, true, vec![leaves("")]).await, [0, 0, 0, 1]);
    assert_eq!(drop(&town, true, vec![leaves("")]).await, [0, 0, 1, 0]);
    let again = leaves("").with("異動事由", "転出");
    assert_eq!(drop(&town, true, vec![again]).await, [0, 1, 0, 0]);
    assert_eq!(back().await, json!([true]));
    assert_eq!(drop(&town, true, vec![leaves("0")]).await, [0, 0, 0, 1]);
    assert_eq!(back().await, json!([false]), "who says so");
}

/// A number that no column or a removal leaves out stays, until an empty cell takes it away.
async fn number_stays_until_a_cell_says_so(column: &'static str, field: &str) {
    let town = Town::start().await;
    town.set(CHIYODA, |settings| settings.max_removed_percent = 100)
        .await;
    let shown = || async {
        let row = Row::of(1);
        let found = town.resident(CHIYODA, row.cell("個別宛名番号")).await;
        found.unwrap()[field].clone()
    };
    let named = |name: &str| Row::of(1).with("氏名", name);
    let without = [column];
    let without_the_column = |name: &str| drop_without(&town, &without, vec![named(name)]);
    assert_eq!(drop(&town, true, vec![Row::of(1)]).await, [1, 0, 0, 0]);
    let known = shown().await;
    assert!(known != Value::Null && known != json!(false), "{column}");
    assert_eq!(without_the_column("山田　改").await, [0, 1, 0, 0]);
    assert_eq!(without_the_column("山田　改").await, [0, 0, 1, 0]);
    assert_eq!(shown().await, known, "{column}");

    let leaves = Row::of(1).with(column, "").with("異動区分", "2");
    assert_eq!(drop(&town, true, vec![leaves.clone()]).await, [0, 0, 0, 1]);
    assert_eq!(drop(&town, true, vec![leaves]).await, [0, 0, 1, 0]);
    assert_eq!(without_the_column("山田　再").await, [0, 1, 0, 0]);
    assert_eq!(without_the_column("山田　再").await, [0, 0, 1, 0]);
    assert_eq!(shown().await, known, "{column}");

    // All else as it is in force.
    let bare = named("山田　再").with(column, "");
    assert_eq!(drop(&town, true, vec![bare.clone()]).await, [0, 1, 0, 0]);
    let none = if known.is_boolean() {
        json!(false)
    } else {
        Value::Null
    };
    assert_eq!(shown().await, none, "who says so: {column}");
    assert_eq!(drop(&town, true, vec![bare]).await, [0, 0, 1, 0]);
    assert_eq!(without_the_column("山田　再").await, [0, 0, 1, 0]);
    assert_eq!(shown().await, none, "{column}");
}

#[tokio::test(start_paused = true)]
async fn a_coupon_that_no_column_or_a_removal_leaves_out_stays() {
    number_stays_until_a_cell_says_so("券番号", "coupon").await;
}

#[tokio::test(start_paused = true)]
async fn a_my_number_that_no_column_or_a_removal_leaves_out_stays() {
    number_stays_until_a_cell_says_so("個人番号", "my_number_registered").await;
}

#[tokio::test(start_paused = true)]
async fn without_all_three_columns_the_same_row_is_unchanged_and_everything_stays() {
    let town = Town::start().await;
    let all = ["券番号", "個人番号", COLUMN];
    let shown = || async {
        let row = Row::of(1);
        let found = town.resident(CHIYODA, row.cell("個別宛名番号")).await;
        let found = found.unwrap();
        ["coupon", "my_number_registered", "protected"].map(|it| found[it].clone())
    };
    drop(&town, true, vec![Row::of(1).with(COLUMN, "1")]).await;
    let known = shown().await;
    for name in ["山田　改", "山田　再"] {
        let renamed = vec![Row::of(1).with("氏名", name)];
        let first = drop_without(&town, &all, renamed.clone()).await;
        assert_eq!(first, [0, 1, 0, 0], "{name}");
        let again = drop_without(&town, &all, renamed).await;
        assert_eq!(again, [0, 0, 1, 0], "{name}");
        assert_eq!(shown().await, known, "{name}");
    }
}

/// The items of residents, and the manifest in force.
async fn written(town: &Town) -> (BTreeMap<(String, String), String>, Option<ManifestPlace>) {
    let mut items = town.items().await;
    items.retain(|(_, sk), _| sk == "P");
    let register = town.store().register(&scope(CHIYODA)).await.unwrap();
    (items, register.in_force.unwrap().manifest)
}

#[tokio::test(start_paused = true)]
async fn whoever_is_as_in_force_is_not_written_for_want_of_a_column() {
    let town = Town::start().await;
    let all: Vec<_> = (1..=5).map(Row::of).collect();
    assert_eq!(drop(&town, true, all.clone()).await, [5, 0, 0, 0]);
    let before = written(&town).await;
    let columns = [
        &["券番号"][..],
        &["個人番号"],
        &["券番号", "個人番号"],
        &["券番号", "個人番号", COLUMN],
    ];
    for without in columns {
        let same = drop_without(&town, without, all.clone()).await;
        assert_eq!(same, [0, 0, 5, 0], "{without:?}");
        let same = drop(&town, true, all.clone()).await;
        assert_eq!(same, [0, 0, 5, 0], "with the columns, after {without:?}");
    }
    assert!(written(&town).await == before, "nothing is written");

    // One of them changes, by files without one column and then without the other.
    let mut renamed = all.clone();
    renamed[2] = renamed[2].clone().with("氏名", "山田　改");
    let one = drop_without(&town, &["券番号"], renamed.clone()).await;
    assert_eq!(one, [0, 1, 4, 0]);
    let before = written(&town).await;
    for without in columns {
        let same = drop_without(&town, without, renamed.clone()).await;
        assert_eq!(same, [0, 0, 5, 0], "{without:?}");
    }
    assert!(written(&town).await == before, "nothing is written");
    let number = renamed[2].cell("個別宛名番号");
    let found = town.resident(CHIYODA, number).await.unwrap();
    assert_eq!(found["coupon"], renamed[2].cell("券番号"));
    assert_eq!(found["my_number_registered"], true);
}

#[tokio::test(start_paused = true)]
async fn who_left_already_is_not_written_for_an_empty_number() {
    let town = Town::start().await;
    town.set(CHIYODA, |settings| settings.max_removed_percent = 100)
        .await;
    drop(&town, true, vec![Row::of(1)]).await;
    let leaves = Row::of(1).with("異動区分", "2");
    assert_eq!(drop(&town, true, vec![leaves.clone()]).await, [0, 0, 0, 1]);
    let before = written(&town).await;
    let bare = leaves.with("券番号", "").with("個人番号", "");
    assert_eq!(drop(&town, true, vec![bare]).await, [0, 0, 1, 0]);
    assert!(written(&town).await == before, "nothing is written");
}

/// Who of these was ever protected, as each is asked about, and as all of them are listed.
async fn ever_protected(town: &Town, numbers: &[u32]) -> Vec<bool> {
    let (store, scope) = (town.store(), scope(CHIYODA));
    let every = store.every_protected(&scope).await.unwrap();
    let mut ever = Vec::new();
    let mut tags = Vec::new();
    for number in numbers {
        let row = Row::of(*number);
        let tag = town.tag(CHIYODA, row.cell("個別宛名番号")).await;
        let is_marked = store.ever_protected(&scope, &tag).await.unwrap();
        assert_eq!(every.contains(&tag), is_marked, "{number}");
        ever.push(is_marked);
        tags.push(tag);
    }
    let among = store.protected_among(&scope, &tags).await.unwrap();
    let among: Vec<_> = tags.iter().map(|tag| among.contains(tag)).collect();
    assert_eq!(among, ever);
    ever
}

#[tokio::test(start_paused = true)]
async fn who_was_ever_protected_stays_known() {
    let town = Town::start().await;
    town.set(CHIYODA, |settings| settings.max_removed_percent = 100)
        .await;
    let all = [1, 2, 3, 4];
    let said = |cells: [&str; 4]| {
        let rows = cells.into_iter().zip(all);
        rows.map(|(cell, number)| Row::of(number).with(COLUMN, cell))
            .collect::<Vec<_>>()
    };
    drop(&town, false, all.map(Row::of).to_vec()).await;
    assert_eq!(ever_protected(&town, &all).await, [false; 4], "unknown");
    drop(&town, true, said(["1", "0", "", "0"])).await;
    let one = [true, false, false, false];
    assert_eq!(ever_protected(&town, &all).await, one, "changed");
    // Another becomes so, and the first is not any more.
    drop(&town, true, said(["0", "1", "", "0"])).await;
    let two = [true, true, false, false];
    assert_eq!(ever_protected(&town, &all).await, two);
    // Files that do not say, and one by which everybody leaves.
    let renamed = |number| Row::of(number).with("氏名", "山田　改");
    drop(&town, false, all.map(renamed).to_vec()).await;
    assert_eq!(ever_protected(&town, &all).await, two);
    let leave = said(["", "", "1", ""]).into_iter().take(3);
    let leave = leave.map(|row| row.with("異動区分", "2")).collect();
    drop(&town, true, leave).await;
    let three = [true, true, true, false];
    assert_eq!(ever_protected(&town, &all).await, three, "by leaving");
    assert_eq!(ever_protected(&town, &[5]).await, [false], "a stranger");
}

#[tokio::test(start_paused = true)]
async fn protection_that_a_row_keeps_is_noted_as_one_that_it_says() {
    let town = Town::start().await;
    drop(&town, true, vec![Row::of(1).with(COLUMN, "1")]).await;
    // As it is in a register that was loaded before there were markers.
    let row = Row::of(1);
    let tag = town.tag(CHIYODA, row.cell("個別宛名番号")).await;
    let pk = format!("T#{CHIYODA}#PROTECTED");
    town.delete(&pk, &tag.to_string()).await;
    assert_eq!(drop(&town, false, vec![Row::of(1)]).await, [0, 0, 1, 0]);
    assert_eq!(ever_protected(&town, &[1]).await, [false], "not written");
    let renamed = Row::of(1).with("氏名", "山田　改");
    assert_eq!(drop(&town, false, vec![renamed]).await, [0, 1, 0, 0]);
    assert_eq!(ever_protected(&town, &[1]).await, [true]);
}
