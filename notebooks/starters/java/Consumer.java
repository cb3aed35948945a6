import java.util.List;
import java.util.Map;

/** Third module: a Document Consumer with a viewer (MHD ITI-67, ITI-68). Tests: CON-02 to CON-07. */
final class Consumer {
    /** The sections that are shown, by their LOINC codes. */
    static final Map<String, String> NAMES =
        Map.of("48765-2", "allergies", "11450-4", "problems", "10160-0", "medications");

    private Consumer() {}

    /** Given: returns what a person reads of an entry. */
    static String wordsOf(Map<String, Object> resource) {
        Object code = Json.at(resource, "code");
        Object concept = code == null ? Json.at(resource, "medicationCodeableConcept") : code;
        String text = Json.text(concept, "text");
        return text.isEmpty() ? Json.text(concept, "coding", 0, "display") : text;
    }

    /** Returns the current DocumentReferences of a patient, by system|value; a searchset may hold other things, too. */
    static List<Map<String, Object>> find(String base, String identifier) throws Exception {
        return List.of();
    }

    /** Returns the document of the newest reference; its address may be relative, and it may come in a Binary. */
    static Map<String, Object> retrieve(String base, List<Map<String, Object>> references) throws Exception {
        return null;
    }

    /** Returns the words of each entry under allergies, problems and medications: only what a section refers to. */
    static Map<String, Object> view(Map<String, Object> document) {
        return null;
    }
}
