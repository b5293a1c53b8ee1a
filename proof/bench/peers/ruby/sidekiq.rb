# Sidekiq (Debian's ruby-sidekiq), its basic fetch: a job is off the list before it runs, and nothing is acknowledged. The
# processes are started before the clock; the letters lie in a list of another name until then.
require "json"
require "sidekiq"
require_relative "letter"

address, jobs, concurrency, processes = ARGV
jobs, concurrency, processes = Integer(jobs), Integer(concurrency), Integer(processes)
BATCH = 1_000
ONES = 200
PATIENCE = 240

def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
def rate(count, began) = count / (now - began)
def to(number) = format("somebody-with-a-name-of-ordinary-length-%08d@example.org", number)

began = now
ONES.times { |number| SendLetter.perform_async(to(number), "welcome") }
enqueue_one = rate(ONES, began)

began = now
(ONES...jobs).each_slice(BATCH) do |numbers|
  Sidekiq::Client.push_bulk("class" => SendLetter, "args" => numbers.map { |number| [to(number), "welcome"] })
end
enqueue_bulk = rate(jobs - ONES, began)

Sidekiq.redis { |redis| redis.rename("queue:default", "held") }
yjit = system("ruby", "--yjit", "-e", "", err: File::NULL) ? ["--yjit"] : []
program = Gem.bin_path("sidekiq", "sidekiq") rescue "/usr/bin/sidekiq"
worker = File.expand_path("letter.rb", __dir__)
pids = Array.new(processes) do
  words = ["ruby", *yjit, program, "-r", worker, "-c", concurrency.to_s, "-q", "default", "-e", "production"]
  spawn({ "REDIS_URL" => address }, *words, out: File::NULL)
end
begin
  waiting = now
  until Sidekiq.redis { |redis| redis.scard("processes") } == processes
    raise "Error: its processes do not come up" if now - waiting > 60
    sleep 0.01
  end
  began = now
  Sidekiq.redis { |redis| redis.rename("held", "queue:default") }
  until Sidekiq.redis { |redis| redis.llen("queue:default") }.zero?
    raise "Error: jobs are left after #{PATIENCE} s" if now - began > PATIENCE
    sleep 0.005
  end
  work = rate(jobs, began)
ensure
  pids.each { |pid| Process.kill("KILL", pid) }
  pids.each { |pid| Process.wait(pid) }
end

guarantee = "at most once: a job is off the list before it runs, and a killed process loses it"
puts JSON.generate(peer: "sidekiq", version: "#{Sidekiq::VERSION} (ruby #{RUBY_VERSION}#{' yjit' if yjit.any?})",
                   guarantee:, enqueue_one:, enqueue_bulk:, work:)
