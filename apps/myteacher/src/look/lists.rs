//! The closed lists of what a teacher can look and sound like; the only place that spells the values.

use super::choice::closed_list;

closed_list! {
    /// Whom the teacher is drawn as.
    Sex, "sex" {
        /// A man.
        Male = "male",
        /// A woman.
        Female = "female",
        /// Neither is emphasised.
        Other = "other",
    }
}

closed_list! {
    /// The length of the hair.
    HairStyle, "hair_style" {
        /// Above the ears.
        Short = "short",
        /// To the chin.
        Middle = "middle",
        /// Below the shoulders.
        Long = "long",
    }
}

closed_list! {
    /// The colour of the hair.
    HairColor, "hair_color" {
        /// Black with a blue sheen.
        Black = "black",
        /// Chestnut.
        Brown = "brown",
        /// Straw yellow.
        Blonde = "blonde",
        /// Cool light grey.
        Silver = "silver",
        /// Copper red.
        Red = "red",
    }
}

closed_list! {
    /// The colour of the eyes.
    EyeColor, "eye_color" {
        /// Nearly black.
        Black = "black",
        /// Hazel brown.
        Brown = "brown",
        /// Sky blue.
        Blue = "blue",
        /// Leaf green.
        Green = "green",
        /// Slate grey.
        Gray = "gray",
        /// Violet.
        Purple = "purple",
    }
}

closed_list! {
    /// What the teacher wears.
    Clothing, "clothing" {
        /// Jacket and shirt.
        Suit = "suit",
        /// Hooded jumper and trousers.
        Casual = "casual",
        /// Kimono with an obi.
        Kimono = "kimono",
        /// A scholar's robe.
        Robe = "robe",
        /// A dress with a ribbon.
        Dress = "dress",
    }
}

closed_list! {
    /// What the teacher carries or puts on.
    Accessory, "accessory" {
        /// Said on purpose: nothing.
        Nothing = "nothing",
        /// Round glasses.
        Glasses = "glasses",
        /// A hat.
        Hat = "hat",
        /// A tie.
        Tie = "tie",
        /// Pom-poms to cheer the pupil on.
        Cheer = "cheer",
    }
}

closed_list! {
    /// How the teacher is built.
    BodyType, "body_type" {
        /// Neither slim nor sturdy.
        Average = "average",
        /// Narrow.
        Slim = "slim",
        /// Broad.
        Sturdy = "sturdy",
    }
}

closed_list! {
    /// The voice of the comments.
    Tone, "tone" {
        /// Soft and caring.
        Gentle = "gentle",
        /// Demanding.
        Strict = "strict",
        /// Like a friend.
        Friendly = "friendly",
        /// Like a scholar.
        Intellectual = "intellectual",
    }
}

closed_list! {
    /// How much energy the comments have.
    Enthusiasm, "enthusiasm" {
        /// Burning for it.
        High = "high",
        /// Even.
        Normal = "normal",
        /// Quiet.
        Modest = "modest",
    }
}

closed_list! {
    /// The politeness of the comments.
    Formality, "formality" {
        /// The polite form.
        Polite = "polite",
        /// The plain form.
        Casual = "casual",
        /// The respectful form.
        Formal = "formal",
    }
}

closed_list! {
    /// How much the comments joke.
    Humor, "humor" {
        /// Jokes.
        High = "high",
        /// Smiles.
        Normal = "normal",
        /// Keeps to the matter.
        Low = "low",
    }
}

closed_list! {
    /// Which drawing model was ordered; it sets the price and the style of the prompt.
    DrawModelVersion, "draw_model_version" {
        /// Tags with underscores.
        AnythingV4 = "anything-v4.0",
        /// Tags with underscores.
        AnimagineXl31 = "animagine-xl-3.1",
        /// Natural language.
        StableDiffusion35Medium = "stable-diffusion-3.5-medium",
    }
}

closed_list! {
    /// How much of the teacher a picture shows.
    Pose, "pose" {
        /// From head to shoes.
        FullBody = "full_body",
        /// Head and shoulders.
        Bust = "bust",
    }
}

closed_list! {
    /// The feeling on the teacher's face.
    Expression, "expression" {
        /// A calm smile.
        Normal = "normal",
        /// Laughing.
        Happy = "happy",
        /// Close to tears.
        Sad = "sad",
        /// Cross.
        Angry = "angry",
        /// Wide-eyed.
        Surprised = "surprised",
    }
}
