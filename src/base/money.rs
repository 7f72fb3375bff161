//! Money (гроші): hryvnias outside, whole kopiykas inside. Never a float, and 64 bits: a year of the project is over 4·10¹⁰ kopiykas.

use super::{Refusal, Result, number::Number};

/// The largest amount, 10¹³ hryvnias: more than any budget of the state, and far from where sums would overflow.
pub const MOST: i64 = 1_000_000_000_000_000;

/// Whether a text is an amount as it is written: digits, and one or two more after a point.
pub fn shaped(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str, most| (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole, 18) && digits(part, 2)
}

/// Kopiykas of an amount that is paid, planned or claimed: above zero. `field` is where it stands in the input.
pub fn parse(text: &str, field: &str) -> Result<i64, Refusal> {
    if text.starts_with('-') || !shaped(text) {
        return Err(Refusal::invalid(
            field,
            "This is an amount in hryvnias above zero with two decimals, such as \"1200000.00\".",
        ));
    }
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    match format!("{whole}{part:0<2}").parse::<i64>() {
        Ok(0) => Err(Refusal::invalid(field, "The amount must be above zero.")),
        Ok(kopiykas) if kopiykas <= MOST => Ok(kopiykas),
        _ => Err(Refusal::invalid(field, "The amount is larger than 10000000000000.00 hryvnias.")),
    }
}

/// Hryvnias with two decimals, as the API tells them.
pub fn text(kopiykas: i64) -> String {
    let (sign, of) = (if kopiykas < 0 { "-" } else { "" }, kopiykas.unsigned_abs());
    format!("{sign}{}.{:02}", of / 100, of % 100)
}

/// What a quantity costs, to the nearest kopiyka (half a one upwards); none above the largest amount.
pub fn cost(quantity: Number, price: i64) -> Option<i64> {
    let parts = i128::from(quantity.parts()) * i128::from(price);
    let one = i128::from(Number::whole(1).parts());
    i64::try_from((parts + one / 2) / one).ok().filter(|cost| *cost <= MOST)
}

/// An amount divided by a count, to the nearest kopiyka; none of nothing.
pub fn each(amount: i64, count: i64) -> Option<i64> {
    (count > 0).then(|| (amount + count / 2) / count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_amount_is_read_to_the_kopiyka() {
        for (written, kopiykas, told) in [
            ("1200000.00", 120_000_000, "1200000.00"),
            ("0.01", 1, "0.01"),
            ("7", 700, "7.00"),
            ("10.5", 1_050, "10.50"),
            ("10000000000000", MOST, "10000000000000.00"),
        ] {
            assert_eq!(parse(written, "amount"), Ok(kopiykas), "{written}");
            assert_eq!(text(kopiykas), told);
        }
        for written in
            ["-1.00", "0", "0.00", "10000000000000.01", "1.005", "", ".5", "5.", "1e3", "1,50", "999999999999999999", "٣"]
        {
            assert_eq!(parse(written, "amount").expect_err(written).path, ["amount"]);
        }
        assert_eq!([text(-5), text(-12_345)], ["-0.05", "-123.45"]);
    }

    #[test]
    fn a_quantity_costs_its_price_to_the_nearest_kopiyka() {
        let quantity = |text| Number::parse(text, "").expect(text);
        assert_eq!(cost(quantity("3"), 33_333), Some(99_999));
        assert_eq!(cost(quantity("0.5"), 33_333), Some(16_667), "16666.5 goes up");
        assert_eq!(cost(quantity("0.3333"), 100), Some(33));
        assert_eq!(cost(quantity("1000000000000"), MOST), None);
        assert_eq!((each(100, 3), each(200, 3), each(5, 0)), (Some(33), Some(67), None));
    }

    proptest! {
        #[test]
        fn what_is_told_is_read_again(kopiykas in 1..=MOST) {
            prop_assert_eq!(parse(&text(kopiykas), ""), Ok(kopiykas));
        }
    }
}
