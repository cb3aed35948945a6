<?php
/** First module: an International Patient Summary of the national record. Tests: IPC-01 to IPC-16, IPS-01 to IPS-07. */
declare(strict_types=1);

const SNOMED = 'http://snomed.info/sct';
const ICD10 = 'http://hl7.org/fhir/sid/icd-10';
const ATC = 'http://www.whocc.no/atc';
const LOINC = 'http://loinc.org';
const TERMS = 'http://terminology.hl7.org/CodeSystem/';
/** Kind of a row, LOINC code of its section, title. */
const SECTIONS = [
    ['ALERGIA', '48765-2', 'Alergias'],
    ['PROBLEMA', '11450-4', 'Problemas'],
    ['MEDICAMENTO', '10160-0', 'Medicamentos'],
];

/** Given: returns a name for whatever has no other. */
function new_name(): string
{
    $hex = bin2hex((random_bytes(6) . chr(random_int(0x40, 0x4f)) . random_bytes(1) . chr(random_int(0x80, 0xbf)) . random_bytes(7)));
    return 'urn:uuid:' . preg_replace('/^(.{8})(.{4})(.{4})(.{4})(.{12})$/', '$1-$2-$3-$4-$5', $hex);
}

/** Given: returns this moment, as FHIR writes it. */
function now(): string
{
    return gmdate('Y-m-d\TH:i:s\Z');
}

/** Given: returns a name that is in capitals with capitals at the beginning of each word alone. */
function titled(string $name): string
{
    $small = strtr(strtolower($name), ['Á' => 'á', 'É' => 'é', 'Í' => 'í', 'Ó' => 'ó', 'Ú' => 'ú', 'Ñ' => 'ñ', 'Ü' => 'ü']);
    return ucwords($small);
}

/** Given: returns a CodeableConcept; its text travels along where there is one. */
function coded(string $system, string $code, string $text = ''): array
{
    return ['coding' => [['system' => $system, 'code' => $code]]] + ($text === '' ? [] : ['text' => $text]);
}

/** Given: returns an entry of a document with a resource, under a new name; what is null is left out. */
function entry_of(array $resource): array
{
    return ['fullUrl' => new_name(), 'resource' => array_filter($resource, fn ($value) => $value !== null)];
}

/** Given: returns the narrative of a section: the text of each of its entries. */
function narrative_of(array $entries): array
{
    $items = '';
    foreach ($entries as ['resource' => $resource]) {
        $concept = $resource['code'] ?? $resource['medicationCodeableConcept'];
        $items .= '<li>' . htmlspecialchars($concept['text'] ?? '–', ENT_XML1) . '</li>';
    }
    $div = '<div xmlns="http://www.w3.org/1999/xhtml"><ul>' . ($items ?: '<li>–</li>') . '</ul></div>';
    return ['status' => 'generated', 'div' => $div];
}

/**
 * Returns the rows of a person in padron.csv (Latin-1, semicolons, names of the columns in the first line):
 * ci, nombre, nacimiento, sexo, clase, codigo, texto, desde.
 */
function rows_of(string $folder, string $number): array
{
    return [];
}

/** Returns a date such as 17/09/1984, 05/2012 or 2011 as FHIR writes it, and null for an empty text. */
function date_of(string $text): ?string
{
    return null;
}

/** Returns the Patient of a row: identifier (system urn:oid:2.16.600), name not in capitals, gender, birthDate. */
function patient_of(array $row): ?array
{
    return null;
}

/** Returns the AllergyIntolerance of a row (SNOMED CT); NINGUNA is 716186003, no known allergy. */
function allergy_of(array $row, string $patient): ?array
{
    return null;
}

/** Returns the Condition of a row (ICD-10): active, since when it is known. */
function problem_of(array $row, string $patient): ?array
{
    return null;
}

/** Returns the MedicationStatement of a row (ATC): active, effectivePeriod since its date. */
function medication_of(array $row, string $patient): ?array
{
    return null;
}

/** Returns a section with its entries; with emptyReason unavailable (list-empty-reason) where there are none. */
function section_of(string $code, string $title, array $entries): ?array
{
    return null;
}

/** Returns the Composition: final, LOINC 60591-5, about the patient, by the author, made now. */
function composition_of(string $patient, string $author, array $sections): ?array
{
    return null;
}

/** Returns the document: Composition, Patient, Organization, and all that the sections name, in this order. */
function document_of(array $rows): ?array
{
    return null;
}
