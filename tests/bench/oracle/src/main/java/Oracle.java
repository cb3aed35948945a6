import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import ca.uhn.fhir.validation.SingleValidationMessage;
import ca.uhn.fhir.validation.ValidationOptions;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r5.utils.validation.constants.BestPracticeWarningLevel;
import org.hl7.fhir.r5.utils.validation.constants.ReferenceValidationPolicy;
import org.hl7.fhir.validation.instance.advisor.BasePolicyAdvisorForFullValidation;

/**
 * Judges one file a line: `file TAB profile,profile` in, one JSON object a line out.  Arguments are folders with the
 * definitions to load; where two bring the same canonical, the later folder and the later file name win.
 *
 * <p>What is chosen, and why:
 *
 * <ul>
 *   <li>no network: what a terminology server would have to say is left aside by the comparison;
 *   <li>HL7's own policy advisor rather than HAPI's, so that R4's vital signs apply by their code;
 *   <li>unknown extensions and profiles are no error, as here, where they are said to be not checked;
 *   <li>references to other servers are not followed (they stay unresolved here too); those within a Bundle or to a
 *       contained resource are;
 *   <li>advice on good practice is left out, since it is no rule.
 * </ul>
 *
 * <p>HAPI's worker context knows no ImplementationGuide, so that `ImplementationGuide.global` stays hidden.
 */
public final class Oracle {
  public static void main(String[] folders) throws Exception {
    FhirContext context = FhirContext.forR4();
    PrePopulatedValidationSupport loaded = new PrePopulatedValidationSupport(context);
    for (String folder : folders) {
      File[] files = new File(folder).listFiles((dir, name) -> name.endsWith(".json"));
      if (files != null) {
        Arrays.sort(files);
      }
      for (File file : files == null ? new File[0] : files) {
        load(context, loaded, file.toPath());
      }
    }
    IValidationSupport chain =
        new ValidationSupportChain(
            loaded,
            new DefaultProfileValidationSupport(context),
            new CommonCodeSystemsTerminologyService(context),
            new InMemoryTerminologyServerValidationSupport(context),
            new SnapshotGeneratingValidationSupport(context));
    FhirInstanceValidator engine = new FhirInstanceValidator(chain);
    engine.setBestPracticeWarningLevel(BestPracticeWarningLevel.Ignore);
    engine.setErrorForUnknownProfiles(false);
    engine.setAnyExtensionsAllowed(true);
    engine.setNoTerminologyChecks(false);
    engine.setAssumeValidRestReferences(true);
    engine.setValidatorPolicyAdvisor(
        new BasePolicyAdvisorForFullValidation(ReferenceValidationPolicy.IGNORE, Set.of()));
    FhirValidator validator = context.newValidator().registerValidatorModule(engine);
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    out.println("{\"ready\":true}");
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      out.println(judge(validator, line.split("\t", -1)));
    }
  }

  private static void load(FhirContext context, PrePopulatedValidationSupport loaded, Path file) {
    try {
      IBaseResource resource = context.newJsonParser().parseResource(Files.readString(file));
      loaded.addResource(resource);
    } catch (Throwable error) {
      System.err.println("not loaded: " + file.getFileName() + ": " + error.getMessage());
    }
  }

  private static String judge(FhirValidator validator, String[] words) {
    StringBuilder row = new StringBuilder();
    try {
      String text = Files.readString(Path.of(words[0]));
      ValidationOptions options = new ValidationOptions();
      for (String profile : words.length > 1 ? words[1].split(",") : new String[0]) {
        if (!profile.isEmpty()) {
          options.addProfile(profile);
        }
      }
      long begun = System.nanoTime();
      List<SingleValidationMessage> messages = validator.validateWithResult(text, options).getMessages();
      double taken = (System.nanoTime() - begun) / 1e6;
      row.append("{\"ms\":").append(taken).append(",\"messages\":[");
      String comma = "";
      for (SingleValidationMessage message : messages) {
        if (message.getSeverity() == ResultSeverityEnum.INFORMATION) {
          continue;
        }
        row.append(comma).append("{\"severity\":").append(quoted(message.getSeverity().getCode()));
        row.append(",\"where\":").append(quoted(message.getLocationString()));
        row.append(",\"id\":").append(quoted(message.getMessageId()));
        row.append(",\"text\":").append(quoted(message.getMessage())).append("}");
        comma = ",";
      }
      return row.append("]}").toString();
    } catch (Throwable error) {
      return "{\"crash\":" + quoted(error.toString()) + "}";
    }
  }

  private static String quoted(String text) {
    if (text == null) {
      return "null";
    }
    StringBuilder quoted = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c < ' ') {
        quoted.append(String.format("\\u%04x", (int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }
}
