import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** First module: an International Patient Summary of the national record. Tests: IPC-01 to IPC-16, IPS-01 to IPS-07. */
final class Summary {
    static final String SNOMED = "http://snomed.info/sct";
    static final String ICD10 = "http://hl7.org/fhir/sid/icd-10";
    static final String ATC = "http://www.whocc.no/atc";
    static final String LOINC = "http://loinc.org";
    static final String TERMS = "http://terminology.hl7.org/CodeSystem/";
    /** Kind of a row, LOINC code of its section, title. */
    static final String[][] SECTIONS = {
        {"ALERGIA", "48765-2", "Alergias"},
        {"PROBLEMA", "11450-4", "Problemas"},
        {"MEDICAMENTO", "10160-0", "Medicamentos"},
    };

    private Summary() {}

    /** Given: returns a CodeableConcept; its text travels along where there is one. */
    static Map<String, Object> coded(String system, String code, String text) {
        Map<String, Object> coding = Json.object("system", system, "code", code);
        return Json.object("coding", List.of(coding), "text", text.isEmpty() ? null : text);
    }

    /** Given: returns an entry of a document with a resource, under a new name. */
    static Map<String, Object> entryOf(Map<String, Object> resource) {
        return Json.object("fullUrl", "urn:uuid:" + UUID.randomUUID(), "resource", resource);
    }

    /** Given: returns the narrative of a section: the text of each of its entries. */
    static Map<String, Object> narrativeOf(List<Map<String, Object>> entries) {
        StringBuilder items = new StringBuilder();
        for (Map<String, Object> entry : entries) {
            Object code = Json.at(entry, "resource", "code");
            Object concept = code == null ? Json.at(entry, "resource", "medicationCodeableConcept") : code;
            String words = Json.text(concept, "text").replace("&", "&amp;").replace("<", "&lt;");
            items.append("<li>").append(words).append("</li>");
        }
        String list = entries.isEmpty() ? "<li>\u2013</li>" : items.toString();
        String div = "<div xmlns=\"http://www.w3.org/1999/xhtml\"><ul>" + list + "</ul></div>";
        return Json.object("status", "generated", "div", div);
    }

    /**
     * Returns the rows of a person in padron.csv (Latin-1, semicolons, names of the columns in the first line):
     * ci, nombre, nacimiento, sexo, clase, codigo, texto, desde.
     */
    static List<Map<String, String>> rowsOf(Path folder, String number) throws IOException {
        return List.of();
    }

    /** Returns a date such as 17/09/1984, 05/2012 or 2011 as FHIR writes it, and null for an empty text. */
    static String dateOf(String text) {
        return null;
    }

    /** Returns the Patient of a row: identifier (system urn:oid:2.16.600), name not in capitals, gender, birthDate. */
    static Map<String, Object> patientOf(Map<String, String> row) {
        return null;
    }

    /** Returns the AllergyIntolerance of a row (SNOMED CT); NINGUNA is 716186003, no known allergy. */
    static Map<String, Object> allergyOf(Map<String, String> row, String patient) {
        return null;
    }

    /** Returns the Condition of a row (ICD-10): active, since when it is known. */
    static Map<String, Object> problemOf(Map<String, String> row, String patient) {
        return null;
    }

    /** Returns the MedicationStatement of a row (ATC): active, effectivePeriod since its date. */
    static Map<String, Object> medicationOf(Map<String, String> row, String patient) {
        return null;
    }

    /** Returns a section with its entries; with emptyReason unavailable (list-empty-reason) where there are none. */
    static Map<String, Object> sectionOf(String code, String title, List<Map<String, Object>> entries) {
        return null;
    }

    /** Returns the Composition: final, LOINC 60591-5, about the patient, by the author, made now. */
    static Map<String, Object> compositionOf(String patient, String author, List<Map<String, Object>> sections) {
        return null;
    }

    /** Returns the document: Composition, Patient, Organization, and all that the sections name, in this order. */
    static Map<String, Object> documentOf(List<Map<String, String>> rows) {
        return null;
    }
}
