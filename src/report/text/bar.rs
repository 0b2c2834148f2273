//! A share as a bar of a fixed width.

use crate::report::screen::Screen;

const WIDTH: u32 = 20;

/// The share, in tenths of a percent, as a bar that is rounded down: full only for all of it.
pub(super) fn bar(screen: Screen, permille: u32) -> String {
    let full = permille.min(1000) * WIDTH / 1000;
    let (filled, empty) = if screen.unicode {
        ("█", "░")
    } else {
        ("#", ".")
    };
    (0..WIDTH)
        .map(|at| if at < full { filled } else { empty })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_all_of_it_fills_the_bar() {
        for (permille, expected) in [
            (0, "...................."),
            (49, "...................."),
            (50, "#..................."),
            (653, "#############......."),
            (999, "###################."),
            (1000, "####################"),
        ] {
            let ascii = Screen {
                width: 80,
                unicode: false,
            };
            assert_eq!(bar(ascii, permille), expected);
        }
        let screen = Screen {
            width: 80,
            unicode: true,
        };
        assert_eq!(bar(screen, 500), "██████████░░░░░░░░░░");
    }
}
