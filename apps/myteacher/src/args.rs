//! What may be typed.
//!
//! # Layout
//! - `stores`: where jobs and tables are.

mod stores;

use banto_cli::Commands;
use clap::{Args, Parser, Subcommand};

use crate::{
    choose::Provider,
    chore::Chore,
    look::{
        Accessory, BodyType, Clothing, DrawModelVersion, Enthusiasm, EyeColor, Formality, HairColor, HairStyle, Humor,
        Look, SEED_MAX, Sex, Tone,
    },
};

pub use stores::Stores;

/// Where pictures go when nobody says.
pub const FILES: &str = "storage/pictures";
/// The most tokens that are given at once: a slip of the finger must not make a fortune.
const TOKENS_MAX: i64 = 1_000_000_000;
/// The most avatars that are listed at once.
const LISTED_MAX: i64 = 10_000;

/// MyTeacher's background work on banto.
#[derive(Debug, Parser)]
#[command(name = "myteacher", version)]
pub struct Typed {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Make an avatar end to end, here and now: no server, no key, no network.
    Demo(Demo),
    /// Order avatars, look at them, and reconcile their rows with their jobs.
    #[command(subcommand, alias = "avatar")]
    Avatars(Avatars),
    /// What keeps the application's data in order; each is a schedule of `up`, and can be typed.
    #[command(flatten)]
    Chore(Chore),
    /// Everything of banto.
    #[command(flatten)]
    Banto(Commands),
}

/// Where the tables are; every command that needs no painter and no pictures takes these.
#[derive(Debug, Clone, Args)]
pub struct At {
    /// Where the tables are.
    #[command(flatten)]
    pub stores: Stores,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// Where things are, and who does them; every command of MyTeacher's own takes these.
#[derive(Debug, Clone, Args)]
pub struct Place {
    /// Where jobs and tables are.
    #[command(flatten)]
    pub stores: Stores,
    /// Where pictures go: a folder, or s3://bucket/prefix (feature s3).
    #[arg(
        long,
        visible_alias = "out",
        env = "MYTEACHER_FILES",
        default_value = FILES,
        value_name = "DIR"
    )]
    pub files: String,
    /// Who paints: offline, replicate or openai.
    #[arg(long, env = "MYTEACHER_PAINTER", default_value = "offline")]
    pub painter: Provider,
    /// Who writes: offline or openai.
    #[arg(long, env = "MYTEACHER_WRITER", default_value = "offline")]
    pub writer: Provider,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

impl Place {
    /// As the environment says, for a worker, whose own flags are banto's. Answers what is wrong as a fragment that fits
    /// after "could not".
    pub fn from_env() -> Result<Place, String> {
        let read = Alone::try_parse_from(["myteacher"]);
        read.map(|alone| alone.place).map_err(|error| settings(&error))
    }
}

/// What is wrong with the environment.
fn settings(error: &clap::Error) -> String {
    let text = error.to_string(); // several lines; the first says it
    let first = text.lines().next().unwrap_or_default();
    format!("read the settings: {}", first.trim_start_matches("error: "))
}

/// A place without a command around it.
#[derive(Debug, Parser)]
struct Alone {
    #[command(flatten)]
    place: Place,
}

/// `demo`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  myteacher demo
  myteacher demo --hair-color silver --clothing kimono --accessory glasses --seed 7 --out pictures
  myteacher demo --chibi --transparent --json")]
pub struct Demo {
    /// The look.
    #[command(flatten)]
    pub look: LookArgs,
    /// Where, and who.
    #[command(flatten)]
    pub place: Place,
}

/// `avatars …`.
#[derive(Debug, Subcommand)]
pub enum Avatars {
    /// Create an avatar and enqueue its job in one transaction.
    Create {
        /// Whose.
        #[arg(long, default_value_t = 1, value_parser = number)]
        user: i64,
        /// The look.
        #[command(flatten)]
        look: LookArgs,
        /// Where, and who.
        #[command(flatten)]
        place: Place,
    },
    /// Have an avatar made anew; what it shows stays until all of the new one is there, and also if that fails.
    Regenerate {
        /// Which.
        #[arg(value_parser = number)]
        id: i64,
        /// Where, and who.
        #[command(flatten)]
        place: Place,
    },
    /// List the newest avatars.
    List {
        /// Of this user only.
        #[arg(long, value_parser = number)]
        user: Option<i64>,
        /// How many, at most 10000.
        #[arg(long, default_value_t = 20, value_parser = limit)]
        limit: u32,
        /// Where, and who.
        #[command(flatten)]
        place: Place,
    },
    /// Show an avatar, its pictures and its comments.
    Show {
        /// Which.
        #[arg(value_parser = number)]
        id: i64,
        /// Where, and who.
        #[command(flatten)]
        place: Place,
    },
    /// Give a user tokens to spend; a user who is not there yet is made.
    Grant {
        /// Whom.
        #[arg(long, default_value_t = 1, value_parser = number)]
        user: i64,
        /// How many, from 1 to 1000000000.
        #[arg(long, default_value_t = 100_000, value_parser = tokens)]
        tokens: i64,
        /// Where, and who.
        #[command(flatten)]
        place: Place,
    },
    /// Find avatars that are pending or generating without a living job, and mend them. Twice does no harm.
    Reconcile {
        /// Only count.
        #[arg(long)]
        dry_run: bool,
        /// Where, and who.
        #[command(flatten)]
        place: Place,
    },
}

impl Avatars {
    /// Where, and who.
    pub fn place(&self) -> &Place {
        match self {
            Avatars::Create { place, .. }
            | Avatars::Regenerate { place, .. }
            | Avatars::List { place, .. }
            | Avatars::Show { place, .. }
            | Avatars::Grant { place, .. }
            | Avatars::Reconcile { place, .. } => place,
        }
    }
}

/// How the teacher shall look and talk; what is left out follows from the seed.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "The teacher")]
pub struct LookArgs {
    /// male, female, other
    #[arg(long)]
    pub sex: Option<Sex>,
    /// short, middle, long
    #[arg(long)]
    pub hair_style: Option<HairStyle>,
    /// black, brown, blonde, silver, red
    #[arg(long)]
    pub hair_color: Option<HairColor>,
    /// black, brown, blue, green, gray, purple
    #[arg(long)]
    pub eye_color: Option<EyeColor>,
    /// suit, casual, kimono, robe, dress
    #[arg(long)]
    pub clothing: Option<Clothing>,
    /// nothing, glasses, hat, tie, cheer
    #[arg(long)]
    pub accessory: Option<Accessory>,
    /// average, slim, sturdy
    #[arg(long)]
    pub body_type: Option<BodyType>,
    /// gentle, strict, friendly, intellectual
    #[arg(long)]
    pub tone: Option<Tone>,
    /// high, normal, modest
    #[arg(long)]
    pub enthusiasm: Option<Enthusiasm>,
    /// polite, casual, formal
    #[arg(long)]
    pub formality: Option<Formality>,
    /// high, normal, low
    #[arg(long)]
    pub humor: Option<Humor>,
    /// anything-v4.0, animagine-xl-3.1, stable-diffusion-3.5-medium: the drawing model, and its price
    #[arg(long, visible_alias = "draw-model-version")]
    pub model: Option<DrawModelVersion>,
    /// Remove the background.
    #[arg(long)]
    pub transparent: bool,
    /// Draw small, with a big head (5 pictures instead of 6).
    #[arg(long)]
    pub chibi: bool,
    /// The same seed always gives the same teacher, 1 to 2147483647; drawn at random when left out.
    #[arg(long, value_parser = seed)]
    pub seed: Option<u32>,
}

impl LookArgs {
    /// The look that was meant.
    pub fn look(&self) -> Look {
        let by_seed = Look::from_seed(self.seed.unwrap_or_else(|| fastrand::u32(1..=SEED_MAX)));
        Look {
            sex: self.sex.unwrap_or(by_seed.sex),
            hair_style: self.hair_style.or(by_seed.hair_style),
            hair_color: self.hair_color.unwrap_or(by_seed.hair_color),
            eye_color: self.eye_color.unwrap_or(by_seed.eye_color),
            clothing: self.clothing.unwrap_or(by_seed.clothing),
            accessory: self.accessory.or(by_seed.accessory),
            body_type: self.body_type.unwrap_or(by_seed.body_type),
            tone: self.tone.unwrap_or(by_seed.tone),
            enthusiasm: self.enthusiasm.unwrap_or(by_seed.enthusiasm),
            formality: self.formality.unwrap_or(by_seed.formality),
            humor: self.humor.unwrap_or(by_seed.humor),
            draw_model_version: self.model.unwrap_or(by_seed.draw_model_version),
            is_transparent: self.transparent,
            is_chibi: self.chibi,
            seed: by_seed.seed,
        }
    }
}

/// A seed, or what is allowed.
fn seed(typed: &str) -> Result<u32, String> {
    whole(typed, 1, SEED_MAX.into())
}

/// The number of a row: an avatar's, a user's.
fn number(typed: &str) -> Result<i64, String> {
    whole(typed, 1, i64::MAX)
}

fn limit(typed: &str) -> Result<u32, String> {
    whole(typed, 1, LISTED_MAX)
}

fn tokens(typed: &str) -> Result<i64, String> {
    whole(typed, 1, TOKENS_MAX)
}

fn whole<T: TryFrom<i64>>(typed: &str, least: i64, most: i64) -> Result<T, String> {
    let number = typed.parse().ok().filter(|number| (least..=most).contains(number));
    let fitting = number.and_then(|number| T::try_from(number).ok());
    fitting.ok_or_else(|| format!("allowed are the whole numbers from {least} to {most}"))
}
