//! IBAN of Ukraine: UA and 27 digits, whose remainder by 97 is 1 (ISO 13616).

use super::{Refusal, Result};

/// Reads an account; spaces between groups are left out. `field` is where it stands in the input.
pub fn parse(text: &str, field: &str) -> Result<String, Refusal> {
    let account: String = text.chars().filter(|sign| *sign != ' ').collect();
    let digits = account.strip_prefix("UA").filter(|rest| rest.len() == 27 && rest.bytes().all(|byte| byte.is_ascii_digit()));
    // The check digits, the first two after the country, stand at the end, after U and A as 30 and 10.
    let remainder = |digits: &str| {
        let (check, rest) = digits.split_at(2);
        let number = rest.bytes().chain("3010".bytes()).chain(check.bytes());
        number.fold(0u32, |sum, digit| (sum * 10 + u32::from(digit - b'0')) % 97)
    };
    match digits.map(remainder) {
        Some(1) => Ok(account),
        Some(_) => Err(Refusal::invalid(field, "The check digits of this IBAN are wrong: look at it again.")),
        None => Err(Refusal::invalid(field, "This is no Ukrainian IBAN. Write UA and 27 digits.")),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn an_account_has_its_check_digits() {
        let account = "UA599999990000000000000000001";
        assert_eq!(parse(account, "payeeIban").as_deref(), Ok(account));
        assert_eq!(parse("UA59 9999 9900 0000 0000 0000 0000 1", "payeeIban").as_deref(), Ok(account));
        for wrong in [
            "UA589999990000000000000000001",
            "UA599999990000000000000000002",
            "599999990000000000000000001",
            "UA59",
            "PL599999990000000000000000001",
            "",
        ] {
            assert_eq!(parse(wrong, "payeeIban").expect_err(wrong).path, ["payeeIban"]);
        }
    }
}
