//! What AWS would charge: prices, what a resident costs in each of them, and the arithmetic in the open.

use std::fmt::Write;

use anyhow::Result;

/// List prices on demand for ap-northeast-1 (Tokyo) in US dollars without tax, as known on 2026-11-23 and
/// not looked up that day: check them before you rely on a sum. Free tiers are left out.
#[derive(Clone, Copy, Debug)]
pub struct Prices {
    /// `DynamoDB`, a million write request units (one write of up to 1 KB).
    pub million_writes: f64,
    /// `DynamoDB`, a million read request units (one consistent read of up to 4 KB).
    pub million_reads: f64,
    /// `DynamoDB`, a GB-month of the table.
    pub table_gb_month: f64,
    /// `DynamoDB`, a GB-month of point-in-time recovery.
    pub recovery_gb_month: f64,
    /// S3 Standard, a GB-month.
    pub object_gb_month: f64,
    /// S3, a thousand PUT, POST or LIST.
    pub thousand_object_writes: f64,
    /// S3, a thousand GET.
    pub thousand_object_reads: f64,
    /// Lambda on arm64, a GB-second.
    pub lambda_gb_second: f64,
    /// Lambda, a million invocations.
    pub million_invocations: f64,
    /// API Gateway, a million requests to an HTTP API.
    pub million_api_requests: f64,
    /// SQS standard queue, a million requests.
    pub million_messages: f64,
    /// KMS, ten thousand requests.
    pub ten_thousand_key_uses: f64,
    /// KMS, a key for a month.
    pub key_month: f64,
}

/// Tokyo.
pub const TOKYO: Prices = Prices {
    million_writes: 0.715,
    million_reads: 0.143,
    table_gb_month: 0.285,
    recovery_gb_month: 0.228,
    object_gb_month: 0.025,
    thousand_object_writes: 0.0047,
    thousand_object_reads: 0.000_37,
    lambda_gb_second: 0.000_013_333_4,
    million_invocations: 0.20,
    million_api_requests: 1.29,
    million_messages: 0.40,
    ten_thousand_key_uses: 0.03,
    key_month: 1.0,
};

/// How much there is to do, and what this system needs for it.
#[derive(Clone, Copy, Debug)]
pub struct Work {
    /// Residents of all municipalities.
    pub residents: f64,
    /// Municipalities, each with one file a night.
    pub municipalities: f64,
    /// Share of residents who change from one night to the next.
    pub changed: f64,
    /// Bytes of a row in a file.
    pub row_bytes: f64,
    /// Bytes that a check leaves of a row: tag and fingerprint, sealed.
    pub left_bytes: f64,
    /// Bytes of a chunk.
    pub chunk_bytes: f64,
    /// Writes for a new resident: the resident and two hints, each below 1 KB.
    pub writes_for_new: f64,
    /// Writes for a changed resident: one shift of slots, and a hint where coupon or birth date changed.
    pub writes_for_changed: f64,
    /// Bytes stored for a resident: the resident with both slots, the hints, and `DynamoDB`'s 100 for each.
    pub stored_bytes: f64,
    /// Rows checked by receive-upload in a second of one core.
    pub checked_per_second: f64,
    /// New residents loaded by load-chunk in a second of one core.
    pub new_per_second: f64,
    /// Rows loaded by load-chunk in a second of one core when one in a hundred changed.
    pub nightly_per_second: f64,
    /// Seconds that an invocation takes apart from its rows: waiting for claims, objects, commits.
    pub seconds_per_invocation: f64,
    /// Doses on the busiest day that there was.
    pub doses: f64,
    /// CPU seconds of a request about a dose.
    pub seconds_per_dose: f64,
    /// Share of doses that are their person's first: until then a lookup has none to show.
    pub first_doses: f64,
    /// Others of a municipality who were born on the same day as one of its people.
    pub born_same_day: f64,
    /// Doses of a file recorded in a second of one core.
    pub doses_per_second: f64,
    /// Municipalities that hold records of whoever is asked about.
    pub holders: f64,
    /// Seconds of one call: `DynamoDB`, KMS, and what Lambda adds to an invocation.
    pub seconds_per_call: f64,
    /// Seconds of one transaction.
    pub seconds_per_transaction: f64,
    /// Share of an invocation's time in which it has work for its CPU and does not wait.
    pub busy: f64,
}

/// All of Japan, with the rates of run A in this folder's README.
pub const JAPAN: Work = Work {
    residents: 126_000_000.0,
    municipalities: 1_741.0,
    changed: 0.01,
    row_bytes: 130.0,
    left_bytes: 33.0,
    chunk_bytes: 25_165_824.0,
    writes_for_new: 3.0,
    writes_for_changed: 1.1,
    stored_bytes: 1_050.0,
    checked_per_second: 1_370_000.0,
    new_per_second: 67_000.0,
    nightly_per_second: 694_000.0,
    seconds_per_invocation: 0.5,
    doses: 1_705_405.0,
    seconds_per_dose: 1_237e-6,
    first_doses: 0.5,
    // Of half a million residents over ninety years. Most municipalities have fewer; the largest, of 3.7 million, has 113.
    born_same_day: 15.0,
    doses_per_second: 5_600.0,
    holders: 3.0,
    seconds_per_call: 0.005,
    seconds_per_transaction: 0.01,
    busy: 0.5,
};

/// Lambda gives one core at 1,769 MB and a proportional share below; so a second of one core costs the
/// same at any size, in GB-seconds.
const GB_SECONDS_PER_CORE_SECOND: f64 = 1_769.0 / 1_024.0;

/// Memory of each function.
const MEMORY_GB: f64 = 0.5;

/// For branch keys, the index of holders, files, and what is stored.
const KEYS: f64 = 4.0;

/// The nights of a month.
const NIGHTS: f64 = 30.0;

/// Days that a dropped file is kept.
const KEPT_DAYS: f64 = 35.0;

/// A column of the sum: what happens once, or every night.
struct Load<'a> {
    title: &'a str,
    writes: f64,
    loaded_per_second: f64,
}

/// The arithmetic, line by line.
pub fn arithmetic(prices: &Prices, work: &Work) -> Result<String> {
    let mut out = String::new();
    let new = Load {
        title: "First load (every resident is new)",
        writes: work.residents * work.writes_for_new,
        loaded_per_second: work.new_per_second,
    };
    let first = one_load(&mut out, prices, work, &new)?;
    let changed = work.residents * work.changed;
    let nightly = Load {
        title: "One night (every municipality drops its whole register, 1 % changed)",
        writes: changed * work.writes_for_changed,
        loaded_per_second: work.nightly_per_second,
    };
    let night = one_load(&mut out, prices, work, &nightly)?;
    let index = index_of_holders(&mut out, prices, work)?;
    doses_at_venues(&mut out, prices, work)?;
    doses_in_files(&mut out, prices, work)?;
    inquiries(&mut out, prices, work)?;
    let standing = standing(&mut out, prices, work)?;
    writeln!(out, "In all")?;
    writeln!(
        out,
        "  first load and index of holders, once             {:>12.2} USD",
        first + index
    )?;
    writeln!(
        out,
        "  a month: {NIGHTS} nights x {night:.2} + standing {standing:.2}"
    )?;
    writeln!(
        out,
        "                                                    {:>12.2} USD",
        NIGHTS * night + standing
    )?;
    let rewritten = work.residents * work.writes_for_new / 1e6 * prices.million_writes;
    writeln!(
        out,
        "  for comparison, writing everybody anew every night: writes alone, a month"
    )?;
    writeln!(
        out,
        "                                                    {:>12.2} USD",
        NIGHTS * rewritten
    )?;
    Ok(out)
}

fn one_load(out: &mut String, prices: &Prices, work: &Work, load: &Load<'_>) -> Result<f64> {
    writeln!(out, "{}", load.title)?;
    let bytes = work.residents * work.row_bytes;
    // A municipality smaller than a chunk still has one.
    let chunks = bytes / work.chunk_bytes + work.municipalities;
    // For each chunk: planned, claimed, and in one transaction, where a write counts twice, done and
    // counted; for each file: claimed, accepted, started, merged, switched, ended, most of it so.
    let own_writes = 6.0 * chunks + 20.0 * work.municipalities;
    let invocations = chunks + 3.0 * work.municipalities;
    // For each chunk: what is left of its rows, its range and the manifest; for each file: ranges of
    // 8 MB and every share again.
    let reads = 3.0 * chunks + bytes / 8_388_608.0 + chunks;
    // For each chunk what is left of its rows and its share; for each file the drop itself, receipt,
    // errors, manifest.
    let puts = 2.0 * chunks + 4.0 * work.municipalities;
    let core_seconds =
        work.residents / work.checked_per_second + work.residents / load.loaded_per_second;
    let waiting = invocations * work.seconds_per_invocation * MEMORY_GB;
    let gb_seconds = core_seconds / work.busy * GB_SECONDS_PER_CORE_SECOND + waiting;
    let mut sum = Sum { out, total: 0.0 };
    sum.add(
        "residents and hints, million writes",
        load.writes / 1e6,
        prices.million_writes,
    )?;
    sum.add(
        "uploads and chunks, million writes",
        own_writes / 1e6,
        prices.million_writes,
    )?;
    sum.add("Lambda, GB-seconds", gb_seconds, prices.lambda_gb_second)?;
    sum.add(
        "Lambda, million invocations",
        invocations / 1e6,
        prices.million_invocations,
    )?;
    // Sent, received, deleted.
    sum.add(
        "SQS, million requests",
        3.0 * invocations / 1e6,
        prices.million_messages,
    )?;
    sum.add(
        "S3, thousand GET",
        reads / 1e3,
        prices.thousand_object_reads,
    )?;
    sum.add(
        "S3, thousand PUT",
        puts / 1e3,
        prices.thousand_object_writes,
    )?;
    sum.add(
        "KMS, ten thousand requests",
        invocations / 1e4,
        prices.ten_thousand_key_uses,
    )?;
    sum.close()
}

/// For everybody with a My Number, and that may be all: one tag by KMS and one write.
fn index_of_holders(out: &mut String, prices: &Prices, work: &Work) -> Result<f64> {
    writeln!(
        out,
        "The index of holders, once (then it follows the change)"
    )?;
    let mut sum = Sum { out, total: 0.0 };
    sum.add(
        "KMS, ten thousand requests",
        work.residents / 1e4,
        prices.ten_thousand_key_uses,
    )?;
    sum.add(
        "million writes",
        work.residents / 1e6,
        prices.million_writes,
    )?;
    sum.close()
}

/// Each dose is looked up, by three calls that read, and recorded by a request of its own. Its transaction writes the dose, the
/// person's edition, the count, the day's list of people and the memory of the request; a write in a transaction counts twice. Read are the generation in force,
/// the memory, what waited for the coupon, the hint and the person; the lookup reads one less. One that would show no doses
/// reads on, as everybody may have a My Number: by one call who was born on the same day, by another each of them.
fn doses_at_venues(out: &mut String, prices: &Prices, work: &Work) -> Result<()> {
    writeln!(
        out,
        "The busiest day, every dose looked up and recorded at a venue"
    )?;
    let reading = 3.0 * work.seconds_per_call + work.seconds_per_dose;
    let reading_on = work.first_doses * 2.0 * work.seconds_per_call;
    let seconds = work.doses * (2.0 * reading + reading_on + work.seconds_per_transaction);
    let requests = 2.0 * work.doses / 1e6;
    let mut sum = Sum { out, total: 0.0 };
    let writes = 2.0 * 5.0 * work.doses;
    sum.add("doses, million writes", writes / 1e6, prices.million_writes)?;
    let reads = (4.0 + 5.0 + work.first_doses * (1.0 + work.born_same_day)) * work.doses;
    sum.add("million reads", reads / 1e6, prices.million_reads)?;
    sum.add(
        "Lambda, GB-seconds",
        seconds * MEMORY_GB,
        prices.lambda_gb_second,
    )?;
    sum.add(
        "Lambda, million invocations",
        requests,
        prices.million_invocations,
    )?;
    sum.add(
        "HTTP API, million requests",
        requests,
        prices.million_api_requests,
    )?;
    sum.close().map(drop)
}

/// 24 doses stand in one transaction and share its count. Read are for each dose its hint, the person, their
/// edition and what waited for the coupon, also where nothing is; and for every other one, as who comes for a second
/// dose has a first one, the seven numbers of the programme.
fn doses_in_files(out: &mut String, prices: &Prices, work: &Work) -> Result<()> {
    writeln!(out, "The same day, every dose in a file")?;
    let seconds = work.doses / work.doses_per_second / work.busy;
    let mut sum = Sum { out, total: 0.0 };
    let writes = 2.0 * (3.0 + 1.0 / 24.0) * work.doses;
    sum.add("doses, million writes", writes / 1e6, prices.million_writes)?;
    let reads = (4.0 + 7.0 * (1.0 - work.first_doses)) * work.doses;
    sum.add("million reads", reads / 1e6, prices.million_reads)?;
    sum.add(
        "Lambda, GB-seconds",
        seconds * GB_SECONDS_PER_CORE_SECOND,
        prices.lambda_gb_second,
    )?;
    sum.close().map(drop)
}

/// The calls that `tests/system/tests/proofs/inquiries/cost.rs` counts, and one read of the register where the
/// budget is not set. Holders are asked at the same time.
fn inquiries(out: &mut String, prices: &Prices, work: &Work) -> Result<()> {
    const MILLION: f64 = 1e6;
    writeln!(
        out,
        "A million inquiries, each over {} holders",
        work.holders
    )?;
    // Asker: settings, basis, register, tag, what the claim stands on, index, what the end stands on; two
    // transactions. Holder: basis, settings and at the same time register, resident with doses, what the entry
    // stands on; one; and its invocation.
    let asker = 7.0 * work.seconds_per_call + 2.0 * work.seconds_per_transaction;
    let holder = 5.0 * work.seconds_per_call + work.seconds_per_transaction;
    let mut sum = Sum { out, total: 0.0 };
    let writes = 2.0 * (10.0 + 4.0 * work.holders);
    sum.add("million writes", writes, prices.million_writes)?;
    let reads = 10.0 + 6.0 * work.holders;
    sum.add("million reads", reads, prices.million_reads)?;
    sum.add(
        "KMS, ten thousand requests",
        MILLION / 1e4,
        prices.ten_thousand_key_uses,
    )?;
    let seconds = MILLION * (asker + holder + work.holders * holder);
    sum.add(
        "Lambda, GB-seconds",
        seconds * MEMORY_GB,
        prices.lambda_gb_second,
    )?;
    let invocations = 1.0 + work.holders;
    sum.add(
        "Lambda, million invocations",
        invocations,
        prices.million_invocations,
    )?;
    sum.add(
        "HTTP API, million requests",
        1.0,
        prices.million_api_requests,
    )?;
    writeln!(
        sum.out,
        "  one of them takes 9 calls one after the other and then, at its holders at once, 5 and the invocation: {:.0} ms",
        (asker + holder) * 1_000.0
    )?;
    sum.close().map(drop)
}

fn standing(out: &mut String, prices: &Prices, work: &Work) -> Result<f64> {
    writeln!(out, "Standing, a month")?;
    let table = work.residents * work.stored_bytes / 1e9;
    let files = work.residents * work.row_bytes * KEPT_DAYS / 1e9;
    let left = work.residents * work.left_bytes * KEPT_DAYS / 1e9;
    let mut sum = Sum { out, total: 0.0 };
    sum.add("table, GB-months", table, prices.table_gb_month)?;
    sum.add(
        "point-in-time recovery, GB-months",
        table,
        prices.recovery_gb_month,
    )?;
    sum.add(
        "dropped files of 35 days, GB-months",
        files,
        prices.object_gb_month,
    )?;
    sum.add("rows of 35 days, GB-months", left, prices.object_gb_month)?;
    sum.add("KMS keys", KEYS, prices.key_month)?;
    sum.close()
}

struct Sum<'a> {
    out: &'a mut String,
    total: f64,
}

impl Sum<'_> {
    fn add(&mut self, what: &str, quantity: f64, price: f64) -> Result<()> {
        let amount = quantity * price;
        self.total += amount;
        Ok(writeln!(
            self.out,
            "  {what:<37} {quantity:>12.3} x {price:<12} {amount:>9.2} USD"
        )?)
    }

    fn close(self) -> Result<f64> {
        writeln!(self.out, "  {:<65} {:>9.2} USD\n", "sum", self.total)?;
        Ok(self.total)
    }
}

#[cfg(test)]
mod tests {
    use super::{JAPAN, TOKYO, Work, arithmetic};

    #[test]
    fn the_first_load_is_dominated_by_three_writes_for_each_resident() {
        let text = arithmetic(&TOKYO, &JAPAN).unwrap();
        // 126 million x 3 writes x 0.715 USD a million.
        assert!(text.contains("378.000 x 0.715"), "{text}");
        assert!(text.contains("270.27 USD"), "{text}");
    }

    #[test]
    fn the_index_of_holders_is_one_use_of_a_key_and_one_write_for_each_resident() {
        let text = arithmetic(&TOKYO, &JAPAN).unwrap();
        assert!(text.contains("378.00 USD"), "{text}");
        assert!(text.contains("126.000 x 0.715"), "{text}");
    }

    #[test]
    fn the_readme_shows_what_is_printed() {
        let text = arithmetic(&TOKYO, &JAPAN).unwrap();
        let shown = include_str!("../README.md");
        let lacks = text.lines().find(|line| !shown.contains(line));
        assert!(shown.contains(text.trim_end()), "not {lacks:?}");
    }

    #[test]
    fn a_lookup_that_would_show_no_doses_reads_everybody_born_on_that_day() {
        let reads = |born_same_day| {
            let one = Work {
                doses: 1e6,
                born_same_day,
                ..JAPAN
            };
            arithmetic(&TOKYO, &one).unwrap()
        };
        // Nine for the dose and its lookup; then for every other one the hints, and a unit for each person.
        assert!(reads(15.0).contains("17.000 x 0.143"));
        assert!(reads(113.0).contains("66.000 x 0.143"));
    }

    #[test]
    fn an_inquiry_over_three_holders_is_forty_four_writes() {
        let text = arithmetic(&TOKYO, &JAPAN).unwrap();
        assert!(text.contains("44.000 x 0.715"), "{text}");
    }

    #[test]
    fn nothing_to_do_costs_only_what_stands() {
        let nothing = Work {
            residents: 0.0,
            municipalities: 0.0,
            ..JAPAN
        };
        let text = arithmetic(&TOKYO, &nothing).unwrap();
        assert!(text.contains("+ standing 4.00"), "{text}");
    }
}
