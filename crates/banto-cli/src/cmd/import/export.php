<?php
// Prints the schedule of the Laravel application in this folder (8 to 13), one JSON object a line. It boots the application
// as artisan does and runs none of the schedule. Usage, where artisan is: php export.php > schedule.jsonl
error_reporting(E_ALL & ~E_DEPRECATED & ~E_USER_DEPRECATED);
ini_set('display_errors', 'stderr');
require getcwd().'/vendor/autoload.php';
$app = require getcwd().'/bootstrap/app.php';
$kernel = $app->make(Illuminate\Contracts\Console\Kernel::class);
$kernel->bootstrap();
// Up to Laravel 10 the kernel fills it on first use, later the container does.
$schedule = $app->make(Illuminate\Console\Scheduling\Schedule::class);
if (!$schedule->events() && method_exists($kernel, 'resolveConsoleSchedule')) {
    $schedule = $kernel->resolveConsoleSchedule();
}
$hidden = function ($object, $name) {
    for ($class = new ReflectionObject($object); $class; $class = $class->getParentClass()) {
        if ($class->hasProperty($name)) {
            $property = $class->getProperty($name);
            $property->setAccessible(true);
            return $property->isInitialized($object) ? $property->getValue($object) : null;
        }
    }
    return null;
};
$place = function ($closure) {
    if (!$closure instanceof Closure) {
        return null;
    }
    $function = new ReflectionFunction($closure);
    return $function->getFileName().':'.$function->getStartLine();
};
// What a condition is: a span of the day, one of the framework's own, or the application's.
$condition = function ($one) use ($place) {
    if (!$one instanceof Closure) {
        return ['where' => null];
    }
    $function = new ReflectionFunction($one);
    $vars = $function->getStaticVariables();
    $scope = $function->getClosureScopeClass();
    $own = $scope !== null && strpos($scope->getName(), 'Illuminate\\Console\\Scheduling\\') === 0;
    if ($own && isset($vars['startTime'], $vars['endTime'])) {
        return ['between' => [$vars['startTime']->format('H:i:s'), $vars['endTime']->format('H:i:s')]];
    }
    return ['where' => $place($one), 'framework' => $own && !array_key_exists('callback', $vars)];
};
$zone = function ($zone) {
    return $zone instanceof DateTimeZone ? $zone->getName() : $zone;
};
foreach ($schedule->events() as $event) {
    $callback = $hidden($event, 'callback');
    echo json_encode([
        'kind' => $event instanceof Illuminate\Console\Scheduling\CallbackEvent ? 'callback' : 'command',
        'expression' => $event->expression,
        'repeat_seconds' => $event->repeatSeconds ?? null,
        'timezone' => $zone($event->timezone),
        'app_timezone' => config('app.schedule_timezone') ?: config('app.timezone'),
        'command' => $event->command,
        'description' => $event->description,
        'callback' => is_string($callback) ? $callback : $place($callback),
        'without_overlapping' => $event->withoutOverlapping,
        'on_one_server' => $event->onOneServer,
        'background' => $event->runInBackground,
        'maintenance' => $event->evenInMaintenanceMode,
        'environments' => $event->environments,
        'user' => $event->user,
        'output' => $event->output,
        'append' => $event->shouldAppendOutput,
        'filters' => array_map($condition, $hidden($event, 'filters') ?? []),
        'rejects' => array_map($condition, $hidden($event, 'rejects') ?? []),
        'before' => array_map($place, $hidden($event, 'beforeCallbacks') ?? []),
        'after' => array_map($place, $hidden($event, 'afterCallbacks') ?? []),
    ], JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE), "\n";
}
