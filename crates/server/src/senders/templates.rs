//! Messages of which only the template is known here: which one is for which purpose, and what goes into it.

use countersign_domain::code::Purpose;
use countersign_domain::lang::Lang;
use countersign_domain::secret::SecretText;
use countersign_service::{Message, PaymentTold};

use super::SenderSetupError;

/// What a parameter is made of.
enum Piece {
    Text(String),
    Code,
    Minutes,
    Amount,
    Currency,
    Payee,
}

impl Piece {
    /// What that word between braces stands for, if it stands for anything.
    fn named(word: &str) -> Option<Self> {
        Some(match word {
            "code" => Self::Code,
            "minutes" => Self::Minutes,
            "amount" => Self::Amount,
            "currency" => Self::Currency,
            "payee" => Self::Payee,
            _ => return None,
        })
    }

    /// Whether only the code of a payment has it.
    const fn is_of_payment(&self) -> bool {
        matches!(self, Self::Amount | Self::Currency | Self::Payee)
    }
}

/// The templates of one provider, in the language of messages.
pub struct Templates {
    usual: Option<String>,
    by_purpose: Vec<(Purpose, String)>,
    params: Vec<Vec<Piece>>,
    payee_chars: usize,
    minutes: String,
}

impl Templates {
    /// Reads `usual`, the template where none is named, and lines such as `payment_reset zh-CN SMS_123` or
    /// `payment_reset SMS_123`, of which those in another language are left out. `params` are texts with `{code}`,
    /// `{minutes}`, `{amount}`, `{currency}` and `{payee}` in them, and how many characters of a payee the provider takes;
    /// `minutes` is how long a code is valid.
    ///
    /// # Errors
    /// A line or a parameter cannot be read, a purpose has no template, or no parameter that every message has has the code
    /// in it.
    pub fn parse(
        setting: &'static str,
        (usual, lines): (Option<&str>, &[String]),
        (params, payee_chars): (&[String], usize),
        (lang, minutes): (Lang, u32),
    ) -> Result<Self, SenderSetupError> {
        let refused = |problem: String| SenderSetupError::new(setting, problem);
        let mut by_purpose = Vec::new();
        for line in lines {
            let unreadable = || {
                refused(format!(
                    "`{line}` is not a purpose, a language if any, and a template, in this order"
                ))
            };
            let words: Vec<&str> = line.split_whitespace().collect();
            let (purpose, language, template) = match words[..] {
                [purpose, template] => (purpose, None, template),
                [purpose, language, template] => (purpose, Some(language), template),
                _ => return Err(unreadable()),
            };
            let purpose = Purpose::parse(purpose).ok_or_else(unreadable)?;
            if language.is_none_or(|language| language == lang.tag()) {
                by_purpose.push((purpose, template.to_owned()));
            }
        }
        let found = |purpose: Purpose| by_purpose.iter().any(|(of, _)| *of == purpose);
        if let (None, Some(purpose)) = (usual, Purpose::ALL.into_iter().find(|purpose| !found(*purpose))) {
            let (purpose, tag) = (purpose.as_str(), lang.tag());
            return Err(refused(format!("there is no template for {purpose} in {tag}, and none for all")));
        }
        let params =
            params.iter().map(|param| pieces(param).map_err(refused)).collect::<Result<Vec<_>, _>>()?;
        let has_code = |param: &Vec<Piece>| {
            param.iter().any(|piece| matches!(piece, Piece::Code)) && !param.iter().any(Piece::is_of_payment)
        };
        if !params.iter().any(has_code) {
            return Err(refused("no parameter that every message has has {code} in it".to_owned()));
        }
        let usual = usual.map(str::to_owned);
        Ok(Self { usual, by_purpose, params, payee_chars, minutes: minutes.to_string() })
    }

    /// The template for that purpose.
    pub(super) fn of(&self, purpose: Purpose) -> &str {
        let named = self.by_purpose.iter().find(|(of, _)| *of == purpose).map(|(_, template)| template);
        named.or(self.usual.as_ref()).map_or("", String::as_str)
    }

    /// What goes into it, in the order of the settings. What names a payment is left out where there is none.
    pub(super) fn filled(&self, message: &Message) -> Vec<SecretText> {
        let all = self.params.iter();
        let told = all.filter(|param| message.payment.is_some() || !param.iter().any(Piece::is_of_payment));
        // Piece by piece: what stands in a payee's name is never taken for a piece.
        told.map(|param| SecretText::new(param.iter().map(|piece| self.fill(piece, message)).collect()))
            .collect()
    }

    fn fill(&self, piece: &Piece, message: &Message) -> String {
        let payment = |of: fn(&PaymentTold) -> &str| message.payment.as_ref().map_or("", of).to_owned();
        match piece {
            Piece::Text(text) => text.clone(),
            Piece::Code => message.code.expose().to_owned(),
            Piece::Minutes => self.minutes.clone(),
            Piece::Amount => payment(|payment| &payment.amount),
            Piece::Currency => payment(|payment| &payment.currency),
            Piece::Payee => cut(payment(|payment| &payment.payee), self.payee_chars),
        }
    }
}

/// A parameter's pieces; an error names the braces that stand for nothing.
fn pieces(param: &str) -> Result<Vec<Piece>, String> {
    let (mut pieces, mut rest) = (Vec::new(), param);
    while let Some((before, after)) = rest.split_once('{') {
        let (word, behind) =
            after.split_once('}').ok_or_else(|| format!("`{param}` has a brace that is not closed"))?;
        let piece = Piece::named(word).ok_or_else(|| {
            format!("`{{{word}}}` stands for nothing; {{code}}, {{minutes}}, {{amount}}, {{currency}} and {{payee}} do")
        })?;
        pieces.extend([Piece::Text(before.to_owned()), piece]);
        rest = behind;
    }
    pieces.push(Piece::Text(rest.to_owned()));
    Ok(pieces)
}

/// A text of at most so many characters; one that was longer ends in `…`.
fn cut(text: String, most: usize) -> String {
    if text.chars().count() <= most {
        return text;
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests;
