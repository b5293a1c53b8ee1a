//! The 22 moments at which a teacher says something, and the picture shown beside the words.
//!
//! For writers (what to comment on) and for whoever shows a comment (which picture to load). It never holds a comment.

use crate::look::{Expression, Picture, Pose, closed_list};

closed_list! {
    /// A moment in a user's day that the teacher comments on.
    CommentEvent, "event" {
        /// A task was created.
        TaskCreated = "task_created",
        /// A task was changed.
        TaskUpdated = "task_updated",
        /// A task was deleted.
        TaskDeleted = "task_deleted",
        /// A task was completed.
        TaskCompleted = "task_completed",
        /// A task was broken down into steps.
        TaskBreakdown = "task_breakdown",
        /// The steps were asked for once more.
        TaskBreakdownRefine = "task_breakdown_refine",
        /// A task for a group was created.
        GroupTaskCreated = "group_task_created",
        /// A group's task was changed.
        GroupTaskUpdated = "group_task_updated",
        /// A group was edited.
        GroupEdited = "group_edited",
        /// The user came in.
        Login = "login",
        /// The user left.
        Logout = "logout",
        /// The user is back after three days or more.
        LoginGap = "login_gap",
        /// Tokens were bought.
        TokenPurchased = "token_purchased",
        /// The user looked at their own results.
        PerformancePersonalViewed = "performance_personal_viewed",
        /// The user looked at the group's results.
        PerformanceGroupViewed = "performance_group_viewed",
        /// A tag was created.
        TagCreated = "tag_created",
        /// A tag was changed.
        TagUpdated = "tag_updated",
        /// A tag was deleted.
        TagDeleted = "tag_deleted",
        /// A group was created.
        GroupCreated = "group_created",
        /// A group was deleted.
        GroupDeleted = "group_deleted",
        /// A notification was created.
        NotificationCreated = "notification_created",
        /// A notification was changed.
        NotificationUpdated = "notification_updated",
    }
}

impl CommentEvent {
    /// The feeling that the picture beside the comment shows.
    pub const fn expression(self) -> Expression {
        match self {
            Self::TaskCompleted
            | Self::GroupTaskCreated
            | Self::Login
            | Self::TokenPurchased
            | Self::TagCreated
            | Self::GroupCreated => Expression::Happy,
            Self::TaskDeleted | Self::TaskBreakdownRefine | Self::LoginGap => Expression::Surprised,
            Self::Logout | Self::TagDeleted | Self::GroupDeleted => Expression::Sad,
            Self::TaskCreated
            | Self::TaskUpdated
            | Self::TaskBreakdown
            | Self::GroupTaskUpdated
            | Self::GroupEdited
            | Self::PerformancePersonalViewed
            | Self::PerformanceGroupViewed
            | Self::TagUpdated
            | Self::NotificationCreated
            | Self::NotificationUpdated => Expression::Normal,
        }
    }

    /// How much of the teacher the picture shows: the whole teacher beside results, else the bust.
    pub const fn pose(self) -> Pose {
        match self {
            Self::PerformancePersonalViewed | Self::PerformanceGroupViewed => Pose::FullBody,
            _ => Pose::Bust,
        }
    }

    /// The picture shown beside the comment; a chibi has no bust, so it shows the whole figure.
    pub const fn picture(self, is_chibi: bool) -> Picture {
        let pose = if is_chibi { Pose::FullBody } else { self.pose() };
        Picture { pose, expression: self.expression() }
    }

    /// The moment in Japanese, ending in 時, as a prompt or a table names it.
    pub const fn moment(self) -> &'static str {
        match self {
            Self::TaskCreated => "タスクを作成した時",
            Self::TaskUpdated => "タスクを更新した時",
            Self::TaskDeleted => "タスクを削除した時",
            Self::TaskCompleted => "タスクを完了した時",
            Self::TaskBreakdown => "タスクを手順に分解した時",
            Self::TaskBreakdownRefine => "タスクの分解をやり直した時",
            Self::GroupTaskCreated => "グループのタスクを作成した時",
            Self::GroupTaskUpdated => "グループのタスクを更新した時",
            Self::GroupEdited => "グループを編集した時",
            Self::Login => "ログインした時",
            Self::Logout => "ログアウトした時",
            Self::LoginGap => "三日以上ぶりにログインした時",
            Self::TokenPurchased => "トークンを購入した時",
            Self::PerformancePersonalViewed => "自分の実績を見た時",
            Self::PerformanceGroupViewed => "グループの実績を見た時",
            Self::TagCreated => "タグを作成した時",
            Self::TagUpdated => "タグを更新した時",
            Self::TagDeleted => "タグを削除した時",
            Self::GroupCreated => "グループを作成した時",
            Self::GroupDeleted => "グループを削除した時",
            Self::NotificationCreated => "お知らせを作成した時",
            Self::NotificationUpdated => "お知らせを更新した時",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::look::Look;
    use std::collections::BTreeSet;

    #[test]
    fn the_22_events_show_the_expressions_of_the_reference_system() {
        let listed = "task_created normal · task_updated normal · task_deleted surprised · task_completed happy · \
            task_breakdown normal · task_breakdown_refine surprised · group_task_created happy · \
            group_task_updated normal · group_edited normal · login happy · logout sad · login_gap surprised · \
            token_purchased happy · performance_personal_viewed normal · performance_group_viewed normal · \
            tag_created happy · tag_updated normal · tag_deleted sad · group_created happy · group_deleted sad · \
            notification_created normal · notification_updated normal";
        let ours: Vec<String> =
            CommentEvent::ALL.iter().map(|event| format!("{event} {}", event.expression())).collect();
        assert_eq!(ours.join(" · "), listed);
        assert_eq!(ours.len(), 22);
    }

    #[test]
    fn every_event_survives_the_round_trip() {
        for &event in CommentEvent::ALL {
            assert_eq!(event.to_string().parse(), Ok(event));
            assert_eq!(serde_json::from_str::<CommentEvent>(&format!("\"{event}\"")).unwrap(), event);
        }
        assert!("task_lost".parse::<CommentEvent>().unwrap_err().to_string().contains("allowed are task_created, "));
    }

    #[test]
    fn every_event_shows_a_picture_that_its_run_paints() {
        for is_chibi in [false, true] {
            let painted = Look { is_chibi, ..Look::default() }.pictures();
            for event in CommentEvent::ALL {
                assert!(painted.contains(&event.picture(is_chibi)), "{event}");
            }
        }
    }

    #[test]
    fn every_moment_has_its_own_words() {
        let moments: BTreeSet<_> = CommentEvent::ALL.iter().map(|event| event.moment()).collect();
        assert_eq!(moments.len(), 22);
        assert!(moments.iter().all(|moment| moment.ends_with('時')));
    }
}
