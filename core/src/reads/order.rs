//! The order of names: 2班 stands before 10班.

use crate::search::folded;

/// A part of a name as it is compared.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Number(u128),
    Word(String),
}

/// What names are sorted by: as search compares them, numbers by what they count.
pub(super) fn by_name(name: &str) -> impl Ord + use<> {
    let mut parts: Vec<Part> = Vec::new();
    for letter in folded(name).chars() {
        match (letter.to_digit(10), parts.last_mut()) {
            (Some(digit), Some(Part::Number(number))) => {
                *number = number.saturating_mul(10).saturating_add(digit.into());
            }
            (Some(digit), _) => parts.push(Part::Number(digit.into())),
            (None, Some(Part::Word(word))) => word.push(letter),
            (None, _) => parts.push(Part::Word(letter.to_string())),
        }
    }
    (parts, name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_stand_in_the_order_of_their_numbers_however_they_are_written() {
        let mut names = ["10班", "２班", "1班", "11班", "東3組", "東12組", "3班"];
        names.sort_by_key(|name| by_name(name));
        assert_eq!(names, ["1班", "２班", "3班", "10班", "11班", "東3組", "東12組"]);
    }
}
