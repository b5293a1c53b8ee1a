//! The words the offline writer composes from: a table, written by hand, of Japanese that agrees in politeness.
//!
//! Each row has three forms in the order of [`Formality`]: polite, casual, formal. Lengths are kept so that the longest
//! composition fits a comment; the writer's tests compose all of them.

use crate::event::CommentEvent;
use crate::look::{Formality, Tone};

/// One thing said in the three forms of politeness.
pub(super) type Forms = [&'static str; 3];

/// The form that this formality speaks.
pub(super) const fn form(forms: Forms, formality: Formality) -> &'static str {
    let [polite, casual, formal] = forms;
    match formality {
        Formality::Polite => polite,
        Formality::Casual => casual,
        Formality::Formal => formal,
    }
}

/// What moments have in common, as far as a teacher's advice goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Theme {
    Start,
    Change,
    Loss,
    Finish,
    Plan,
    Arrive,
    Part,
    Review,
    Gain,
}

/// The theme of a moment.
pub(super) const fn theme(event: CommentEvent) -> Theme {
    use CommentEvent as E;
    match event {
        E::TaskCreated | E::GroupTaskCreated | E::TagCreated | E::GroupCreated | E::NotificationCreated => Theme::Start,
        E::TaskUpdated | E::GroupTaskUpdated | E::GroupEdited | E::TagUpdated | E::NotificationUpdated => Theme::Change,
        E::TaskDeleted | E::TagDeleted | E::GroupDeleted => Theme::Loss,
        E::TaskCompleted => Theme::Finish,
        E::TaskBreakdown | E::TaskBreakdownRefine => Theme::Plan,
        E::Login | E::LoginGap => Theme::Arrive,
        E::Logout => Theme::Part,
        E::PerformancePersonalViewed | E::PerformanceGroupViewed => Theme::Review,
        E::TokenPurchased => Theme::Gain,
    }
}

/// What happened.
pub(super) const fn fact(event: CommentEvent) -> Forms {
    use CommentEvent as E;
    match event {
        E::TaskCreated => ["新しいタスクを作りましたね", "新しいタスク、できたね", "新しいタスクを作成されましたね"],
        E::TaskUpdated => ["タスクを直しましたね", "タスク、直したんだね", "タスクを更新されましたね"],
        E::TaskDeleted => ["タスクを消したのですね", "タスク、消したんだね", "タスクを削除されたのですね"],
        E::TaskCompleted => ["タスクをやりとげましたね", "タスク、やりとげたね", "タスクを完了されましたね"],
        E::TaskBreakdown => ["タスクを手順に分けました", "タスクを手順に分けたよ", "タスクを手順に分解いたしました"],
        E::TaskBreakdownRefine => ["手順を考え直すのですね", "手順、考え直すんだね", "手順を再検討されるのですね"],
        E::GroupTaskCreated => {
            ["みんなのタスクができました", "みんなのタスクができたよ", "グループのタスクが整いました"]
        }
        E::GroupTaskUpdated => {
            ["みんなのタスクが変わりました", "みんなのタスク、変わったよ", "グループのタスクが更新されました"]
        }
        E::GroupEdited => ["グループを編集しましたね", "グループ、編集したね", "グループを編集されましたね"],
        E::Login => ["来てくれましたね", "来てくれたんだね", "お越しくださいましたね"],
        E::Logout => ["今日はここまでですね", "今日はここまでだね", "本日はここまででございますね"],
        E::LoginGap => ["お久しぶりですね", "久しぶりだね", "お久しぶりでございますね"],
        E::TokenPurchased => ["トークンが増えましたね", "トークン、増えたね", "トークンをご購入くださいましたね"],
        E::PerformancePersonalViewed => {
            ["自分の実績を見ていますね", "自分の実績、見てるんだね", "ご自身の実績をご覧ですね"]
        }
        E::PerformanceGroupViewed => {
            ["みんなの実績を見ていますね", "みんなの実績、見てるんだね", "グループの実績をご覧ですね"]
        }
        E::TagCreated => ["新しいタグを作りましたね", "新しいタグ、できたね", "新しいタグを作成されましたね"],
        E::TagUpdated => ["タグを直しましたね", "タグ、直したんだね", "タグを更新されましたね"],
        E::TagDeleted => ["タグが一つ消えましたね", "タグ、消えちゃったね", "タグを削除されたのですね"],
        E::GroupCreated => ["グループができましたね", "グループ、できたね", "グループを結成されましたね"],
        E::GroupDeleted => ["グループがなくなりましたね", "グループ、なくなったね", "グループを解散されたのですね"],
        E::NotificationCreated => ["お知らせを作りましたね", "お知らせ、できたね", "お知らせを作成されましたね"],
        E::NotificationUpdated => ["お知らせを直しましたね", "お知らせ、直したんだね", "お知らせを更新されましたね"],
    }
}

/// What the teacher makes of it.
pub(super) const fn advice(theme: Theme, tone: Tone) -> Forms {
    use Tone::{Friendly, Gentle, Intellectual, Strict};
    match (theme, tone) {
        (Theme::Start, Gentle) => ["ゆっくり進めましょう", "ゆっくり進めようね", "どうぞごゆっくりお進めください"],
        (Theme::Start, Strict) => ["最後までやりますよ", "最後までやるんだよ", "最後までおやりください"],
        (Theme::Start, Friendly) => ["一緒にがんばりましょう", "一緒にがんばろう", "共にがんばってまいりましょう"],
        (Theme::Start, Intellectual) => {
            ["まず目的を確かめましょう", "まず目的を確かめよう", "まず目的をご確認ください"]
        }
        (Theme::Change, Gentle) => ["よく気がつきましたね", "よく気がついたね", "よくお気づきになりましたね"],
        (Theme::Change, Strict) => ["決めたら動きましょう", "決めたら動くこと", "お決めのとおりにお進みください"],
        (Theme::Change, Friendly) => ["いい感じになりましたね", "いい感じになったね", "とても良くなりましたね"],
        (Theme::Change, Intellectual) => {
            ["見直しは上達の近道です", "見直しは上達の近道だよ", "見直しは上達の近道でございます"]
        }
        (Theme::Loss, Gentle) => ["気持ちを休めてくださいね", "気持ちを休めてね", "どうぞお気持ちをお休めください"],
        (Theme::Loss, Strict) => ["理由は覚えておきましょう", "理由は覚えておくこと", "理由はお心にお留めください"],
        (Theme::Loss, Friendly) => ["また次がありますよ", "また次があるよ", "また次の機会がございます"],
        (Theme::Loss, Intellectual) => {
            ["手放すのも一つの判断です", "手放すのも一つの判断だよ", "手放すのも一つのご判断です"]
        }
        (Theme::Finish, Gentle) => ["本当によくがんばりました", "本当によくがんばったね", "本当によくなさいました"],
        (Theme::Finish, Strict) => {
            ["次も気を抜かずいきましょう", "次も気を抜かないこと", "次も気を抜かずお進みください"]
        }
        (Theme::Finish, Friendly) => ["ハイタッチしましょう", "ハイタッチしよう", "拍手をお送りいたします"],
        (Theme::Finish, Intellectual) => ["学びも書き残しましょう", "学びも書き残そう", "学びもお書き残しください"],
        (Theme::Plan, Gentle) => ["小さな一歩で大丈夫ですよ", "小さな一歩で大丈夫だよ", "小さな一歩で十分でございます"],
        (Theme::Plan, Strict) => ["一つずつ片づけましょう", "一つずつ片づけること", "一つずつお進めください"],
        (Theme::Plan, Friendly) => ["これならできそうですね", "これならできそうだね", "これならおできになりますよ"],
        (Theme::Plan, Intellectual) => ["順序が成果を決めます", "順序が成果を決めるよ", "順序が成果を決めるものです"],
        (Theme::Arrive, Gentle) => ["会えてうれしいです", "会えてうれしいな", "お会いできてうれしく存じます"],
        (Theme::Arrive, Strict) => ["さっそく始めましょう", "さっそく始めるよ", "さっそくお始めください"],
        (Theme::Arrive, Friendly) => ["今日も楽しくいきましょう", "今日も楽しくいこう", "今日も楽しくまいりましょう"],
        (Theme::Arrive, Intellectual) => {
            ["今日の目標を決めましょう", "今日の目標を決めよう", "本日の目標をお決めください"]
        }
        (Theme::Part, Gentle) => ["ゆっくり休んでくださいね", "ゆっくり休んでね", "ごゆっくりお休みください"],
        (Theme::Part, Strict) => ["明日も必ず来るのですよ", "明日も必ず来ること", "明日も必ずお越しください"],
        (Theme::Part, Friendly) => ["また会いましょうね", "また会おうね", "またお会いいたしましょう"],
        (Theme::Part, Intellectual) => ["休息も学びのうちです", "休息も学びのうちだよ", "休息も学びのうちでございます"],
        (Theme::Review, Gentle) => ["歩みがちゃんと見えますよ", "歩みがちゃんと見えるよ", "歩みがよく表れております"],
        (Theme::Review, Strict) => ["数字から逃げないように", "数字から逃げないこと", "数字と向き合ってくださいませ"],
        (Theme::Review, Friendly) => ["ここまで来ましたよ", "ここまで来たね", "ここまでいらっしゃいましたね"],
        (Theme::Review, Intellectual) => ["傾向を読み取りましょう", "傾向を読み取ろう", "傾向をお読み取りください"],
        (Theme::Gain, Gentle) => ["大切に使いましょうね", "大切に使おうね", "どうぞ大切にお使いください"],
        (Theme::Gain, Strict) => ["無駄づかいはいけません", "無駄づかいはだめだよ", "無駄なくお使いくださいませ"],
        (Theme::Gain, Friendly) => ["楽しみが増えましたね", "楽しみが増えたね", "お楽しみが増えましたね"],
        (Theme::Gain, Intellectual) => ["配分を考えて使いましょう", "配分を考えて使おう", "配分をお考えください"],
    }
}

/// What bursts out of a teacher full of energy.
pub(super) const fn cry(theme: Theme) -> Forms {
    match theme {
        Theme::Start => ["いいですね！", "いいね！", "結構ですね！"],
        Theme::Change => ["さすがです！", "さすが！", "さすがですね！"],
        Theme::Loss => ["おやおや…", "あらら…", "おやまあ…"],
        Theme::Finish => ["すばらしい！", "やったあ！", "お見事です！"],
        Theme::Plan => ["作戦会議です！", "作戦会議だ！", "作戦を立てましょう！"],
        Theme::Arrive => ["わあ！", "わーい！", "ようこそ！"],
        Theme::Part => ["もう時間ですか！", "えっ、もう？", "名残惜しいですね！"],
        Theme::Review => ["注目です！", "注目！", "ご注目ください！"],
        Theme::Gain => ["おめでとう！", "わーい！", "これはこれは！"],
    }
}

/// Asides of a teacher who jokes; they end on a noun, so they suit every formality.
pub(super) const fn jokes(theme: Theme) -> [&'static str; 3] {
    match theme {
        Theme::Start => ["（黒板も拍手）", "（チョークも待機）", "（机も前のめり）"],
        Theme::Change => ["（消しゴム大活躍）", "（黒板も二度見）", "（赤ペンも納得）"],
        Theme::Loss => ["（黒板消しも涙）", "（チョークも無言）", "（椅子も脱力）"],
        Theme::Finish => ["（教卓も小躍り）", "（花丸を大増量）", "（鐘も鳴りっぱなし）"],
        Theme::Plan => ["（階段なら得意）", "（おやつも等分）", "（定規も大忙し）"],
        Theme::Arrive => ["（出席簿に花丸）", "（教室も背伸び）", "（廊下も全力疾走）"],
        Theme::Part => ["（黒板もおやすみ）", "（宿題は夢の中）", "（鐘もあくび）"],
        Theme::Review => ["（グラフも照れ顔）", "（通信簿も笑顔）", "（そろばんも快音）"],
        Theme::Gain => ["（お財布も深呼吸）", "（へそくり成功）", "（貯金箱も満腹）"],
    }
}
