# The job, for who enqueues it and for who runs it.
require "sidekiq"

address = ENV["REDIS_URL"] || ARGV.first
settings = { url: address }
begin
  require "hiredis"
  settings[:driver] = :hiredis
rescue LoadError
  # The slower driver in plain ruby does as well.
end
Sidekiq.configure_client { |config| config.redis = settings }
Sidekiq.configure_server { |config| config.redis = settings }
Sidekiq.logger.level = Logger::WARN
# A line for each call would be what is measured.
Redis.silence_deprecations = true

class SendLetter
  include Sidekiq::Worker

  def perform(to, template) = nil
end
