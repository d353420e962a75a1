//! Doses of several municipalities in one answer, and what of them is told.

use serde_json::{Value, json};
use store::{HolderOutcome, LogEvent};
use system::{
    file::{Encoding, File, Row},
    town::{CHIYODA, SAPPORO},
};

use super::world::{World, about, person};

/// 福岡県福岡市
pub(crate) const FUKUOKA: &str = "401307";
/// 愛知県名古屋市
pub(crate) const NAGOYA: &str = "231002";

const HEADER: &str =
    "自治体コード,個別宛名番号,接種回,接種日,接種会場名,接種医師名,ワクチンメーカー,ロット番号\n";

/// Takes in the person's doses at a municipality: number, day, lot.
pub(crate) async fn vaccinate(world: &World, code: &str, row: &Row, doses: &[(u8, &str, &str)]) {
    let number = row.cell("個別宛名番号");
    let lines = doses
        .iter()
        .map(|(nth, day, lot)| format!("{code},{number},{nth},{day},会場,医師,ファイザー,{lot}\n"));
    let file = HEADER.to_owned() + &lines.collect::<String>();
    let name: String = doses.iter().map(|(nth, ..)| nth.to_string()).collect();
    let key = format!("inbox/{code}/doses/d{number}-{name}.csv");
    let dropped = world.town.drop_at(&key, file).await;
    world.town.stack.idle().await;
    let receipt = world.town.receipt(code, &dropped).await;
    assert_eq!(receipt["state"], "in_force", "{receipt}");
    let kept = ["recorded", "review"].map(|name| receipt["rows"][name].as_u64().unwrap());
    assert_eq!(kept.iter().sum::<u64>(), doses.len() as u64, "{receipt}");
}

/// Lets a further municipality hold records of persons 1 to 20.
pub(crate) async fn joins(world: &World, code: &str) {
    world.town.enrol(code).await;
    let rows = (1..21).map(|number| person(number).with("自治体コード", code));
    let file = File::new(rows).bytes(Encoding::Utf8);
    world.town.take_in(code, "residents.csv", file).await;
}

fn dose(number: u8, day: &str, lot: &str, holder: &str, name: &str) -> Value {
    json!({
        "programme": "COVID19", "number": number, "given_on": day, "product": "COMIRNATY", "lot": lot,
        "holder": holder, "holder_name": name,
    })
}

#[tokio::test(start_paused = true)]
async fn three_holders_give_what_is_in_force_and_nothing_else() {
    let world = World::new().await;
    joins(&world, FUKUOKA).await;
    joins(&world, NAGOYA).await;
    let row = person(7);
    vaccinate(&world, SAPPORO, &row, &[(1, "20210407", "EP2163")]).await;
    vaccinate(&world, FUKUOKA, &row, &[(1, "20210408", "EX3617")]).await;
    // A second dose on the day after the first is doubtful: it is not given to anybody.
    vaccinate(&world, NAGOYA, &row, &[(1, "20210409", "ET9096")]).await;
    vaccinate(&world, NAGOYA, &row, &[(2, "20210410", "ET9096")]).await;
    let consent = world.consent(7, "F-7").await;
    let answer = world.ask(&about(7, &consent)).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    assert_eq!(
        answer.json()["doses"],
        json!([
            dose(1, "2021-04-07", "EP2163", SAPPORO, "北海道札幌市"),
            dose(1, "2021-04-09", "ET9096", NAGOYA, "愛知県名古屋市"),
            dose(1, "2021-04-08", "EX3617", FUKUOKA, "福岡県福岡市"),
        ])
    );
    for (code, given) in [(SAPPORO, 1), (FUKUOKA, 1), (NAGOYA, 1)] {
        let log = world.log(code).await;
        let LogEvent::Answered { outcome, doses, .. } = &log[0].event else {
            panic!("an answer");
        };
        assert_eq!(
            (log.len(), *outcome, *doses),
            (1, HolderOutcome::Given, given)
        );
    }
    let log = world.log(CHIYODA).await;
    let LogEvent::Concluded { holders, doses, .. } = &log[1].event else {
        panic!("an end");
    };
    let holders: Vec<_> = holders.iter().map(domain::TenantCode::as_str).collect();
    assert_eq!((&holders[..], *doses), (&[SAPPORO, NAGOYA, FUKUOKA][..], 3));
    // Nothing that the person is called or numbered by comes with it.
    let text = String::from_utf8(answer.bytes.to_vec()).unwrap();
    for column in ["氏名", "氏名カナ", "個人番号", "券番号", "個別宛名番号"] {
        assert!(!text.contains(row.cell(column)), "{column}");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_moved_away_still_has_their_doses_here() {
    let world = World::new().await;
    let row = person(8);
    vaccinate(&world, SAPPORO, &row, &[(1, "20210407", "EP2163")]).await;
    let gone = row.clone().with("異動区分", "2").with("個人番号", "");
    let rest = (1..21).filter(|number| *number != 8).map(person);
    let file = File::new(rest.chain([gone.clone()])).bytes(Encoding::Utf8);
    world.town.take_in(SAPPORO, "moved.csv", file).await;
    // However often the file says that they did, and whatever else it says then.
    for (time, reason) in ["", "転出", "職権消除"].into_iter().enumerate() {
        if !reason.is_empty() {
            let again = gone.clone().with("異動事由", reason);
            let file = File::new([again]).bytes(Encoding::Utf8);
            let receipt = world.town.take_in(SAPPORO, "again.csv", file).await;
            assert_eq!(receipt["rows"]["changed"], 1, "{receipt:#}");
        }
        let consent = world.consent(8, &format!("F-8-{time}")).await;
        let answer = world.ask(&about(8, &consent)).await.json();
        assert_eq!(
            answer["doses"],
            json!([dose(1, "2021-04-07", "EP2163", SAPPORO, "北海道札幌市")]),
            "{reason}"
        );
    }
}
