//! One figure, measured several times.

/// What was measured, in the order of the rounds.
#[derive(Clone, Default)]
pub(crate) struct Figures(Vec<f64>);

impl Figures {
    pub(crate) fn push(&mut self, figure: f64) {
        self.0.push(figure);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The middle one; of two middle ones the mean; `NaN` without any.
    pub(crate) fn median(&self) -> f64 {
        let mut values = self.0.clone();
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        match values.len() {
            0 => f64::NAN,
            odd if odd % 2 == 1 => values[middle],
            _ => f64::midpoint(values[middle - 1], values[middle]),
        }
    }

    pub(crate) fn least(&self) -> f64 {
        self.0.iter().copied().fold(f64::NAN, f64::min)
    }

    pub(crate) fn most(&self) -> f64 {
        self.0.iter().copied().fold(f64::NAN, f64::max)
    }

    /// Each figure over the other's of the same round: what slows a machine down for a while slows both.
    pub(crate) fn over(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(own, others)| own / others).collect())
    }

    pub(crate) fn map(&self, of: impl Fn(f64) -> f64) -> Self {
        Self(self.0.iter().copied().map(of).collect())
    }

    /// The median, with the least and the greatest in brackets.
    pub(crate) fn told(&self, digits: usize) -> String {
        if self.is_empty() {
            return "–".to_owned();
        }
        let (least, median, most) = (self.least(), self.median(), self.most());
        format!("{median:.digits$} ({least:.digits$} to {most:.digits$})")
    }
}

impl FromIterator<f64> for Figures {
    fn from_iter<I: IntoIterator<Item = f64>>(figures: I) -> Self {
        Self(figures.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_its_median_and_its_range() {
        let figures: Figures = [3.0, 1.0, 2.0].into_iter().collect();
        assert_eq!(figures.told(1), "2.0 (1.0 to 3.0)");
        let even: Figures = [1.0, 2.0, 4.0, 8.0].into_iter().collect();
        assert!((even.median() - 3.0).abs() < 1e-9);
        let ratio = figures.over(&[6.0, 4.0, 2.0].into_iter().collect());
        assert_eq!(ratio.told(2), "0.50 (0.25 to 1.00)");
        assert_eq!(Figures::default().told(1), "–");
    }
}
