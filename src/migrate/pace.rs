//! How many rows the next window has: as many as take a moment, and fewer where one of them is bad.

use std::time::Duration;

/// A window that takes longer is too large: writers wait for its rows.
const SLOW: Duration = Duration::from_millis(500);
/// One that takes less time may be larger.
const QUICK: Duration = Duration::from_millis(150);
const GROWTH: u32 = 4;
/// A slow server alone does not make windows smaller than this.
const LEAST: u32 = 100;

/// The size of the next window.
#[derive(Debug)]
pub(super) struct Pace {
    most: u32,
    size: u32,
    /// The next so many rows hold a bad one.
    suspects: Option<u32>,
}

impl Pace {
    pub(super) fn new(most: u32) -> Self {
        Self {
            most,
            size: most,
            suspects: None,
        }
    }

    pub(super) fn size(&self) -> u32 {
        match self.suspects {
            Some(suspects) => (suspects / 2).max(1),
            None => self.size,
        }
    }

    /// A window of so many rows is done.
    pub(super) fn done(&mut self, rows: u32, took: Duration) {
        if let Some(suspects) = self.suspects {
            let left = suspects.saturating_sub(rows);
            self.suspects = (left > 0).then_some(left);
        } else if took > SLOW {
            self.shrink();
        } else if took < QUICK {
            self.size = self.size.saturating_mul(GROWTH).min(self.most);
        }
    }

    /// A window of so many rows holds a bad one. `true` when it is alone, and may be put aside.
    pub(super) fn failed(&mut self, rows: u32) -> bool {
        if rows > 1 {
            self.suspects = Some(rows);
            return false;
        }
        self.suspects = None;
        // Bad rows often lie side by side.
        self.size = 1;
        true
    }

    /// Somebody holds a row of the window.
    pub(super) fn held_up(&mut self) {
        self.shrink();
    }

    fn shrink(&mut self) {
        self.size = (self.size / 2).max(LEAST.min(self.most)).min(self.size);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows by number, some of them bad: what is put aside, and how many windows that took.
    fn drive(rows: u32, bad: &[u32], most: u32) -> (Vec<u32>, u32) {
        let mut pace = Pace::new(most);
        let (mut at, mut aside, mut windows) = (0, Vec::new(), 0);
        while at < rows {
            windows += 1;
            let size = pace.size().min(rows - at);
            if bad.iter().any(|bad| (at..at + size).contains(bad)) {
                if pace.failed(size) {
                    aside.push(at);
                    at += 1;
                }
            } else {
                pace.done(size, Duration::ZERO);
                at += size;
            }
        }
        (aside, windows)
    }

    #[test]
    fn finds_the_bad_rows_and_no_others() {
        let all: Vec<u32> = (0..50).collect();
        for bad in [
            vec![],
            vec![0],
            vec![999],
            vec![500, 501, 502],
            vec![0, 7, 99, 100, 101, 640, 999],
            all,
        ] {
            for most in [1, 2, 3, 10, 64, 100, 1000, 5000] {
                assert_eq!(drive(1000, &bad, most).0, bad, "{most}");
            }
        }
    }

    #[test]
    fn one_bad_row_costs_few_windows() {
        let (_, windows) = drive(10_000, &[4321], 10_000);
        assert!(windows < 40, "{windows}");
        let all: Vec<u32> = (0..1000).collect();
        let (_, windows) = drive(1000, &all, 1000);
        assert!(windows < 1020, "{windows}");
    }

    #[test]
    fn slow_windows_shrink_and_quick_ones_grow_again() {
        let mut pace = Pace::new(5000);
        pace.done(5000, Duration::from_secs(2));
        assert_eq!(pace.size(), 2500);
        for _ in 0..20 {
            pace.done(pace.size(), Duration::from_secs(2));
        }
        assert_eq!(pace.size(), LEAST);
        pace.held_up();
        assert_eq!(pace.size(), LEAST);
        pace.done(100, Duration::from_millis(300));
        assert_eq!(pace.size(), LEAST);
        for _ in 0..20 {
            pace.done(pace.size(), Duration::from_millis(10));
        }
        assert_eq!(pace.size(), 5000);
        let mut small = Pace::new(7);
        small.held_up();
        assert_eq!(small.size(), 7);
    }

    #[test]
    fn a_window_of_one_that_waits_stays_one() {
        let mut pace = Pace::new(5000);
        assert!(pace.failed(1));
        pace.held_up();
        assert_eq!(pace.size(), 1);
    }
}
