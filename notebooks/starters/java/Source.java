import java.util.List;
import java.util.Map;

/** Second module: a Document Source (MHD ITI-65). Tests: SRC-01 to SRC-26. */
final class Source {
    static final String URI = "urn:ietf:rfc:3986";
    static final String MHD = "https://profiles.ihe.net/ITI/MHD/StructureDefinition/";
    static final String IPS = "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips";
    static final String LISTS = "https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes";

    private Source() {}

    /** Given: returns the SubmissionSet. The OID is your system's. */
    static Map<String, Object> submissionSetOf(String reference, String patient, String now) {
        Map<String, Object> source = Json.object("system", URI, "value", "urn:oid:2.25.176435098213345");
        return Json.object("resourceType", "List", "status", "current", "mode", "working", "date", now,
            "code", Summary.coded(LISTS, "submissionset", ""),
            "extension", List.of(Json.object("url", MHD + "ihe-sourceId", "valueIdentifier", source)),
            "subject", Json.object("reference", patient),
            "entry", List.of(Json.object("item", Json.object("reference", reference))));
    }

    /** Given: returns an entry that creates a resource; a patient only where nobody has that number yet. */
    static Map<String, Object> posted(String name, Map<String, Object> resource) {
        String type = Json.text(resource, "resourceType");
        String token = Json.text(resource, "identifier", 0, "system") + "|" + Json.text(resource, "identifier", 0, "value");
        return Json.object("fullUrl", name, "resource", resource, "request", Json.object("method", "POST",
            "url", type, "ifNoneExist", type.equals("Patient") ? "identifier=" + token : null));
    }

    /** Given: returns the transaction, which says in its profile what level of metadata it has. */
    static Map<String, Object> transactionOf(List<Map<String, Object>> entries) {
        Map<String, Object> meta = Json.object("profile", List.of(MHD + "IHE.MHD.Minimal.ProvideBundle"));
        return Json.object("resourceType", "Bundle", "meta", meta, "type", "transaction", "entry", entries);
    }

    /** Returns the attachment of bytes: contentType application/fhir+json, url, size, hash (SHA-1 in base64). */
    static Map<String, Object> attachmentOf(byte[] content, String url) {
        return null;
    }

    /** Returns the DocumentReference: current, masterIdentifier (use usual), type, date, format IPS, subject. */
    static Map<String, Object> referenceOf(Map<String, Object> document, Map<String, Object> attachment, String patient) {
        return null;
    }

    /** Returns the transaction: SubmissionSet, DocumentReference, Binary with the bytes, Patient. */
    static Map<String, Object> submissionOf(Map<String, Object> document) {
        return null;
    }

    /** Sends the submission of a document to a Recipient with POST, and returns the status of its answer. */
    static int publish(String base, Map<String, Object> document) throws Exception {
        return 0;
    }
}
