# Sidekiq: `sidekiq -r ./jobs.rb` as the worker, and `ruby jobs.rb` as the producer.
# It works with Sidekiq 6.3 and newer, as a gem or as the system's package.
require "json"
require "sidekiq"

PAYLOAD = { "document" => "doc_01JDXW5T5Q6M3C9N2V8K4H7R1B", "note" => "x" * 150 }.freeze
THREADS = 8
COUNTED = Mutex.new
$done = 0

class Noop
  include Sidekiq::Job
  sidekiq_options retry: 4

  def perform(_payload)
    COUNTED.synchronize { $done += 1 }
  end
end

def say(message)
  # One write for each line, so that lines of several threads do not mix.
  $stdout.syswrite("#{JSON.generate(message)}\n")
end

def tell_what_is_done
  said = 0
  loop do
    sleep 0.01
    now = $done
    next if now == said

    said = now
    say({ worker: Process.pid, done: said })
  end
end

def end_with_input
  $stdin.read
  Process.kill("TERM", Process.pid)
end

def add(count)
  if count == 1
    Noop.perform_async(PAYLOAD)
  else
    Sidekiq::Client.push_bulk("class" => Noop, "args" => [[PAYLOAD]] * count)
  end
end

def produce(jobs, in_flight, batch)
  calls = Queue.new
  jobs.step(1, -batch) { |left| calls << [batch, left].min }
  calls.close
  threads = Array.new([THREADS, in_flight].min) do
    Thread.new do
      while (count = calls.pop)
        add(count)
      end
    end
  end
  threads.each(&:join)
end

# Sidekiq 6 uses calls that the redis gem warns about each time.
Redis.silence_deprecations = true if defined?(Redis)

Sidekiq.configure_server do |config|
  config.redis = { url: ENV.fetch("REDIS_URL") }
  # The same level as in Sidekiq's own bench command. At "info" it writes two lines per job.
  config.logger.level = Logger::ERROR
  config.on(:startup) do
    Thread.new { tell_what_is_done }
    Thread.new { end_with_input }
    say({ ready: true })
  end
end

Sidekiq.configure_client do |config|
  config.redis = { url: ENV.fetch("REDIS_URL"), size: THREADS }
end

if $PROGRAM_NAME == __FILE__
  say({ ready: true })
  $stdin.each_line do |line|
    asked = JSON.parse(line)
    produce(asked["jobs"], asked["inFlight"], asked["batch"])
    say({ submitted: asked["jobs"] })
  end
end
