//! Whose coupon it is, as far as a venue may see: enough to notice a misread, too little to learn who
//! somebody is.

use std::sync::PoisonError;

use api::{Code, Problem, Request, Response, Role};
use domain::{Date, Resident, fold_name, japan_date, programme};
use recording::{Found, FoundPerson, Whom};
use serde::Serialize;
use store::{DoseRevision, Status};

use crate::{Doses, coupon::GivenCoupon, token};

/// What a venue sees.
#[derive(Serialize)]
struct Seen {
    /// To be sent with the dose instead of the birth date.
    token: String,
    expires_at: String,
    kana_initials: Option<String>,
    age: i16,
    sex: &'static str,
    /// Whether the person has left the register.
    removed: bool,
    doses: Vec<SeenDose>,
}

/// A dose as a venue sees it.
#[derive(Serialize)]
struct SeenDose {
    programme: String,
    number: u8,
    given_on: String,
    vaccine: String,
    state: &'static str,
    /// Whether it was recorded under another number that the municipality gave the person.
    other_number: bool,
}

impl Doses {
    pub(crate) async fn look_up(&self, request: &Request) -> Result<Response, Problem> {
        request.caller().require(Role::Doses)?;
        let mut fields = request.fields()?;
        let coupon = GivenCoupon::take(&mut fields)?;
        fields.done()?;
        let coupon = coupon.own(request.caller().scope())?;
        let now = self.clock.now();
        let municipality = self.municipalities.of(request.caller().scope(), now);
        let municipality = municipality.await?;
        let area = municipality.area();
        let whom = Whom::Coupon(coupon.number);
        let mut found = match self.recorder.find(&area, &whom).await? {
            Found::One(found) => *found,
            Found::Nobody => return Err(Problem::new(Code::CouponUnknown)),
            Found::Several => return Err(Problem::new(Code::CouponOfSeveral)),
        };
        // Nobody is told of no doses who has some under a number of before, by another coupon.
        if found.standing().next().is_none() {
            found = self.recorder.with_all_records(&area, found).await?;
        }
        let tag = municipality.keys.coupon_tag(coupon.number);
        let (token, expires) = {
            let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
            let keys = &municipality.keys;
            token::issue(keys, &mut nonces, &tag, &found.doses.tag, now)
        };
        let seen = Seen::of(&found, token, expires.to_string(), japan_date(now));
        Ok(Response::json(&seen))
    }
}

impl Seen {
    fn of(found: &FoundPerson, token: String, expires_at: String, today: Date) -> Self {
        let person = &found.person.resident.resident;
        let own = found.person.resident.tag;
        let doses = found.records().flat_map(|record| {
            let holding = record.doses.iter().filter(|it| it.state.holds_number());
            holding.map(move |it| SeenDose::of(it, record.tag != own))
        });
        Self {
            token,
            expires_at,
            kana_initials: initials(person),
            age: age(person.birth_date, today),
            sex: person.sex.as_str(),
            removed: found.person.status == Status::Removed,
            doses: doses.collect(),
        }
    }
}

impl SeenDose {
    fn of(revision: &DoseRevision, other_number: bool) -> Self {
        let dose = &revision.dose;
        let product = programme(dose.programme).and_then(|it| it.product(dose.product));
        Self {
            programme: dose.programme.to_string(),
            number: dose.number.get(),
            given_on: dose.given_on.to_string(),
            vaccine: product.map_or_else(|| dose.product.to_string(), |it| it.maker().to_owned()),
            state: revision.state.as_str(),
            other_number,
        }
    }
}

/// The first kana of each part of the name, as in `ヤ ハ`; `None` without kana.
fn initials(person: &Resident) -> Option<String> {
    let kana = person.kana.as_ref()?.utf8.expose();
    let parts = kana.split(char::is_whitespace);
    let initials: Vec<String> = parts
        .filter_map(|part| fold_name(part).chars().next())
        .map(String::from)
        .collect();
    (!initials.is_empty()).then(|| initials.join(" "))
}

/// Whole years.
fn age(born: Date, today: Date) -> i16 {
    let had_birthday = (today.month(), today.day()) >= (born.month(), born.day());
    today.year() - born.year() - i16::from(!had_birthday)
}

#[cfg(test)]
mod tests {
    use domain::{Movement, OwnedText, Sex};

    use super::*;

    fn person(kana: Option<&str>) -> Resident {
        Resident {
            number: String::from("1").into(),
            coupon: None,
            my_number: None,
            name: OwnedText::new("山田 花子"),
            kana: kana.map(OwnedText::new),
            birth_date: Date::constant(1950, 1, 2),
            sex: Sex::Female,
            movement: Movement::Register,
            moved_on: None,
            reason: None,
            protected: None,
        }
    }

    #[test]
    fn initials_say_no_more_than_the_first_kana_of_each_part() {
        let of = |kana| initials(&person(kana));
        assert_eq!(of(Some("ヤマダ　ハナコ")).as_deref(), Some("ヤ ハ"));
        assert_eq!(of(Some("ﾔﾏﾀﾞ ﾊﾅｺ")).as_deref(), Some("ヤ ハ"));
        assert_eq!(of(Some("ｼﾞｮﾝ  スミス")).as_deref(), Some("ジ ス"));
        assert_eq!(of(Some("　")), None);
        assert_eq!(of(None), None);
    }

    #[test]
    fn age_is_counted_in_birthdays() {
        let born = Date::constant(2000, 2, 29);
        assert_eq!(age(born, Date::constant(2021, 2, 28)), 20);
        assert_eq!(age(born, Date::constant(2021, 3, 1)), 21);
        assert_eq!(age(born, Date::constant(2000, 3, 1)), 0);
    }
}
