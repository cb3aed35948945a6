<?php
/** Second module: a Document Source (MHD ITI-65). Tests: SRC-01 to SRC-26. */
declare(strict_types=1);

const URI = 'urn:ietf:rfc:3986';
const MHD = 'https://profiles.ihe.net/ITI/MHD/StructureDefinition/';
const IPS = 'http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips';
const LISTS = 'https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes';

/** Given: returns the SubmissionSet. The OID is your system's. */
function submission_set_of(string $reference, string $patient, string $now): array
{
    $source = ['system' => URI, 'value' => 'urn:oid:2.25.176435098213345'];
    return ['resourceType' => 'List', 'status' => 'current', 'mode' => 'working', 'date' => $now,
        'code' => coded(LISTS, 'submissionset'),
        'extension' => [['url' => MHD . 'ihe-sourceId', 'valueIdentifier' => $source]],
        'subject' => ['reference' => $patient], 'entry' => [['item' => ['reference' => $reference]]]];
}

/** Given: returns an entry that creates a resource; a patient only where nobody has that number yet. */
function posted(string $name, array $resource): array
{
    $request = ['method' => 'POST', 'url' => $resource['resourceType']];
    if ($resource['resourceType'] === 'Patient') {
        ['system' => $system, 'value' => $value] = $resource['identifier'][0];
        $request['ifNoneExist'] = "identifier=$system|$value";
    }
    return ['fullUrl' => $name, 'resource' => $resource, 'request' => $request];
}

/** Given: returns the transaction, which says in its profile what level of metadata it has. */
function transaction_of(array $entries): array
{
    return ['resourceType' => 'Bundle', 'meta' => ['profile' => [MHD . 'IHE.MHD.Minimal.ProvideBundle']],
        'type' => 'transaction', 'entry' => $entries];
}

/** Returns the attachment of bytes: contentType application/fhir+json, url, size, hash (SHA-1 in base64). */
function attachment_of(string $content, string $url): ?array
{
    return null;
}

/** Returns the DocumentReference: current, masterIdentifier (use usual), type, date, format IPS, subject. */
function reference_of(array $document, array $attachment, string $patient): ?array
{
    return null;
}

/** Returns the transaction: SubmissionSet, DocumentReference, Binary with the bytes, Patient. */
function submission_of(array $document): ?array
{
    return null;
}

/** Sends the submission of a document to a Recipient with POST, and returns the first line of its answer. */
function publish(string $base, array $document): ?string
{
    return null;
}
