<?php
/** Third module: a Document Consumer with a viewer (MHD ITI-67, ITI-68). Tests: CON-02 to CON-07. */
declare(strict_types=1);

/** The sections that are shown, by their LOINC codes. */
const NAMES = ['48765-2' => 'allergies', '11450-4' => 'problems', '10160-0' => 'medications'];

/** Given: returns what a person reads of an entry. */
function words_of(array $resource): string
{
    $concept = $resource['code'] ?? $resource['medicationCodeableConcept'] ?? [];
    return $concept['text'] ?? $concept['coding'][0]['display'] ?? '?';
}

/** Returns the current DocumentReferences of a patient, by system|value; a searchset may hold other things, too. */
function find(string $base, string $identifier): array
{
    return [];
}

/** Returns the document of the newest reference; its address may be relative, and it may come in a Binary. */
function retrieve(string $base, array $references): ?array
{
    return null;
}

/** Returns the words of each entry under allergies, problems and medications: only what a section refers to. */
function view(array $document): ?array
{
    return null;
}
