<?php
/**
 * Given: the service around your functions. PHP 8 with what it brings along; no framework.
 *
 *     RECORDS=FOLDER php -S 127.0.0.1:8080 team_system.php      answers Patient/ID, $summary, metadata below /fhir
 *     php team_system.php publish FOLDER NUMBER BASE            sends a summary to a Document Recipient
 *     php team_system.php read IDENTIFIER BASE                  finds, fetches and shows the newest summary
 */
declare(strict_types=1);

require __DIR__ . '/summary.php';
require __DIR__ . '/source.php';
require __DIR__ . '/consumer.php';

const STATEMENT = [
    'resourceType' => 'CapabilityStatement', 'status' => 'active', 'date' => '2026-11-29', 'kind' => 'instance',
    'fhirVersion' => '4.0.1', 'format' => ['json'], 'implementation' => ['description' => 'A national record, as FHIR'],
    'rest' => [['mode' => 'server', 'resource' => [['type' => 'Patient', 'interaction' => [['code' => 'read']]]]]],
];

function as_json(mixed $value): string
{
    return json_encode($value, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR);
}

/** Returns the resource at a place below the base; null where there is none. */
function answer(string $place, string $identifier): ?array
{
    if ($place === 'metadata') {
        return STATEMENT;
    }
    [$type, $number, $operation] = array_pad(explode('/', $place, 3), 3, '');
    if ($number === '$summary') {  // by identifier, for those who know no id
        $number = substr((string) strrchr("|$identifier", '|'), 1);
        $operation = '$summary';
    }
    $is_asked = $type === 'Patient' && $number !== '' && in_array($operation, ['', '$summary'], true);
    $rows = $is_asked ? rows_of((string) getenv('RECORDS'), $number) : [];
    $document = $rows ? document_of($rows) : null;
    $patient = $document['entry'][1]['resource'] ?? [];
    if ($place === 'Patient/$summary' && !has_identifier($patient, $identifier)) {
        return null;
    }
    return $document === null || $operation === '$summary' ? $document : ['id' => $number] + $patient;
}

/** Tells whether a patient has system|number; a number alone may be that of somebody in another country. */
function has_identifier(array $patient, string $identifier): bool
{
    foreach ($patient['identifier'] ?? [] as ['system' => $system, 'value' => $value]) {
        if ("$system|$value" === $identifier) {
            return true;
        }
    }
    return false;
}

/** Answers one request; whoever asks is answered, whatever broke. */
function reply(): void
{
    $path = rawurldecode((string) parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH));
    $status = 200;
    try {
        $place = str_starts_with($path, '/fhir/') ? substr($path, strlen('/fhir/')) : '';
        $resource = answer($place, (string) ($_GET['identifier'] ?? ''));
        if ($resource === null) {
            $status = 404;
            $resource = refusal('not-found', "$path is not here");
        }
    } catch (Throwable $error) {
        $status = 500;
        $resource = refusal('exception', $error->getMessage());
    }
    http_response_code($status);
    header('Content-Type: application/fhir+json; charset=utf-8');
    echo as_json($resource);
}

function refusal(string $code, string $words): array
{
    return ['resourceType' => 'OperationOutcome',
        'issue' => [['severity' => 'error', 'code' => $code, 'diagnostics' => $words]]];
}

if (PHP_SAPI === 'cli-server') {
    reply();
} elseif (($argv[1] ?? '') === 'publish' && count($argv) === 5) {
    echo publish($argv[4], document_of(rows_of($argv[2], $argv[3])) ?? []), "\n";
} elseif (($argv[1] ?? '') === 'read' && count($argv) === 4) {
    echo as_json(view(retrieve($argv[3], find($argv[3], $argv[2])) ?? [])), "\n";
} else {
    fwrite(STDERR, "publish FOLDER NUMBER BASE | read IDENTIFIER BASE\n");
    exit(2);
}
