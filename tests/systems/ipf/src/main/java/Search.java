import ca.uhn.fhir.rest.param.DateRangeParam;
import ca.uhn.fhir.rest.param.StringParam;
import ca.uhn.fhir.rest.param.TokenOrListParam;
import ca.uhn.fhir.rest.param.TokenParam;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Identifier;
import org.hl7.fhir.r4.model.Practitioner;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;

/** Parameters as IPF has read them, held against what is kept; one that was not asked lets everything pass. */
class Search {
  private Search() {}

  static boolean isOneOf(TokenOrListParam asked, List<CodeableConcept> concepts) {
    return asked == null || concepts.stream().flatMap(each -> each.getCoding().stream()).anyMatch(each -> isCoded(asked, each));
  }

  static boolean isCoded(TokenOrListParam asked, Coding coding) {
    return asked == null || isToken(asked, coding.getSystem(), coding.getCode());
  }

  static boolean isNamed(TokenOrListParam asked, Identifier identifier) {
    return asked == null || isToken(asked, identifier.getSystem(), identifier.getValue());
  }

  static boolean isNamed(TokenParam asked, Stream<Identifier> identifiers) {
    return asked == null || identifiers.anyMatch(each -> isToken(asked, each.getSystem(), each.getValue()));
  }

  static boolean isCode(TokenOrListParam asked, String code) {
    return asked == null || isToken(asked, null, code);
  }

  /** Periods that overlap (search.html#date). */
  static boolean isWithin(DateRangeParam asked, Date start, Date end) {
    if (asked == null) {
      return true;
    }
    Date lower = asked.getLowerBoundAsInstant();
    Date upper = asked.getUpperBoundAsInstant();
    return (lower == null || end != null && !end.before(lower))
        && (upper == null || start != null && !start.after(upper));
  }

  /** Names of contained people from their beginning, in any case (search.html#string). */
  static boolean isBy(StringParam family, StringParam given, List<Reference> people) {
    return (family == null && given == null)
        || people.stream()
            .map(Reference::getResource)
            .filter(Practitioner.class::isInstance)
            .flatMap(each -> ((Practitioner) each).getName().stream())
            .anyMatch(
                name ->
                    (family == null || begins(name.getFamily(), family))
                        && (given == null
                            || name.getGiven().stream()
                                .map(StringType::getValue)
                                .anyMatch(each -> begins(each, given))));
  }

  private static boolean isToken(TokenOrListParam asked, String system, String value) {
    return asked.getValuesAsQueryTokens().stream().anyMatch(each -> isToken(each, system, value));
  }

  private static boolean isToken(TokenParam asked, String system, String value) {
    String of = asked.getSystem();
    return (of == null || system == null || of.equals(system))
        && (asked.isEmpty() || asked.getValue().isEmpty() || asked.getValue().equals(value));
  }

  private static boolean begins(String text, StringParam asked) {
    return text != null
        && text.toLowerCase(Locale.ROOT).startsWith(asked.getValue().toLowerCase(Locale.ROOT));
  }
}
