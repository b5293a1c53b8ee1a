//! The names of all promises, by file.

/// Every promise as a test of the store whose [`Place`](crate::suite::Place) the expression makes: `suite::claim::…`.
///
/// The expression is evaluated once for each test. Two stores in one file want a `mod` each.
#[macro_export]
macro_rules! suite {
    ($place:expr) => {
        fn banto_suite_place() -> impl $crate::suite::Place {
            $place
        }
        $crate::__promises! {
            enqueue:
                an_accepted_job_is_listed_as_ordered
                answers_come_in_the_order_of_the_jobs
                an_empty_batch_is_fine
                a_full_batch_passes_and_one_more_is_refused
                one_bad_job_refuses_the_whole_batch
                an_id_is_accepted_once
                an_id_twice_in_one_batch_is_one_job
                an_ended_jobs_id_is_still_taken
                a_forgotten_jobs_id_is_free
                e5_one_id_raced_by_sixteen_is_one_job
                e5_one_key_raced_by_sixteen_is_one_job
                e5_bulk_calls_raced_leave_one_job_a_key
                a_delayed_job_is_scheduled
                a_time_that_has_passed_is_ready
                another_process_sees_what_was_accepted;
            key:
                inside_one_batch_the_first_wins
                holds_of_any_kind_keep_each_other_out
                another_key_is_another_matter
                the_id_goes_before_the_key
                queued_lets_go_at_the_first_claim
                queued_lets_go_when_cancelled
                queued_is_not_taken_back_by_a_second_attempt
                an_end_lets_go_of_no_other_jobs_key
                done_holds_until_the_end
                done_lets_go_when_dead_or_cancelled
                done_holds_through_a_rescue_until_quarantine
                p4_a_remembered_key_holds_for_its_time_after_the_end
                a_remembered_key_counts_from_a_cancel
                p4_a_remembered_key_outlives_prune_and_forget
                a_period_holds_whatever_becomes_of_the_job
                a_period_ends_while_the_job_waits
                a_holder_is_named_with_its_time
                prune_lets_go_of_keys_whose_time_is_over;
            claim:
                order_is_priority_then_due_then_id
                what_came_due_is_ordered_with_the_rest
                queues_are_taken_in_the_order_given
                a_limit_is_kept
                no_claim_gives_more_than_claim_max
                other_queues_are_left_alone
                a_queue_named_twice_gives_a_job_once
                a_scheduled_job_is_given_when_it_is_due
                the_next_due_time_is_told
                a_claimed_job_runs_with_attempt_fence_and_holder
                each_claim_has_a_higher_fence_and_a_new_token
                claimers_never_share_a_job
                a_paused_queue_gives_nothing
                a_pause_for_a_while_ends_by_itself
                a_paused_queue_tells_no_due_time
                a_lease_lives_as_long_as_asked
                a_claim_tells_a_wish_to_stop
                a_claim_forgets_progress_and_keeps_the_error
                a_named_parked_job_is_adopted_first
                an_unnamed_parked_job_stays
                adopted_jobs_count_towards_the_limit
                only_parked_jobs_are_adopted
                a_paused_queue_gives_nothing_to_adopt
                adopters_never_share_a_job;
            renew:
                an_empty_batch_is_fine
                a13_a_renewed_lease_never_ends
                a_renewed_lease_counts_from_now
                answers_come_in_the_order_of_the_leases
                renewing_one_prolongs_no_other
                a_wish_to_stop_is_told
                a_forged_lease_is_lost
                a_lease_that_was_taken_is_lost
                an_expired_lease_lives_again;
            finish:
                an_empty_batch_is_fine
                each_verdict_is_written_as_it_stands
                a_retry_is_given_after_its_wait
                a_repeated_finish_is_written_once
                a_repeated_finish_leaves_the_next_run_alone
                a_stale_fence_is_late
                a_stale_token_is_late
                another_jobs_lease_is_late
                an_unknown_job_is_late
                a_waiting_job_is_late
                a7_a_frozen_worker_is_refused
                a_finish_after_the_rescue_is_late
                a_finish_before_the_rescue_is_written
                a_finish_after_a_wish_to_stop_is_written
                a_finish_of_a_pruned_job_is_late
                one_late_finish_spoils_no_other
                one_finish_raced_by_eight_is_written_once
                a_trail_tells_what_went_wrong
                a_good_end_leaves_the_last_error
                a_verdict_that_goes_on_running_is_refused;
            rescue:
                an_empty_batch_is_fine
                a_living_lease_is_left_alone
                p5_a_dead_workers_job_runs_again
                asking_what_is_over_changes_nothing
                the_longest_over_comes_first
                river_1302_stale_rescue
                a_job_finished_since_is_left_alone
                a_job_rescued_and_claimed_since_is_left_alone
                a_forged_lease_rescues_nothing
                rescues_are_counted
                rescuers_never_share_a_job
                a9_three_crashes_quarantine_a_job;
            time:
                d1_wall_jump_rescues_nobody
                d1_wall_jump_keeps_no_lease_for_ever
                d1_renewing_after_a_jump_counts_the_same
                a_reboot_ends_leases
                after_a_reboot_new_leases_live
                a_renewal_after_a_reboot_holds
                a_wall_jump_back_does_not_unmake_ready
                a_wall_jump_forward_makes_due_once
                the_year_9999_is_a_time;
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __promises {
    ($($file:ident: $($promise:ident)+;)+) => {
        mod suite {
            $(mod $file {
                $(#[test]
                fn $promise() {
                    $crate::suite::run(super::super::banto_suite_place(), $crate::suite::$file::$promise);
                })+
            })+
        }
    };
}
