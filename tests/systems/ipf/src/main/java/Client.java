import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.gclient.ICriterion;
import ca.uhn.fhir.rest.gclient.TokenClientParam;
import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Date;
import java.util.UUID;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.impl.DefaultCamelContext;
import org.hl7.fhir.r4.model.Binary;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.DocumentReference;
import org.hl7.fhir.r4.model.HumanName;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;
import org.ietf.jgss.Oid;
import org.openehealth.ipf.commons.ihe.fhir.mhd.MhdProfile;
import org.openehealth.ipf.commons.ihe.fhir.mhd.model.MinimalDocumentReference;
import org.openehealth.ipf.commons.ihe.fhir.mhd.model.MinimalProvideDocumentBundle;
import org.openehealth.ipf.commons.ihe.fhir.mhd.model.MinimalSubmissionSetList;

/**
 * IPF as Document Source and Consumer: {@code Client publish BASE SYSTEM VALUE} submits what its own models of MHD make,
 * {@code Client find BASE SYSTEM VALUE} searches and retrieves.  {@code forget} and {@code browse} do the same with faults
 * that a user of IPF can make: no sourceId and a hash of other bytes; no status, and lists as IPF's own criteria ask for them.
 */
public class Client {
  private static final byte[] TEXT = "Un documento: ñ, ç.\n".getBytes(StandardCharsets.UTF_8);
  private final ProducerTemplate template;
  private final String base;
  private final String system;
  private final String value;

  private Client(ProducerTemplate template, String[] arguments) {
    this.template = template;
    base = arguments[1];
    system = arguments[2];
    value = arguments[3];
  }

  public static void main(String[] arguments) throws Exception {
    MhdProfile.registerDefaultTypes(FhirContext.forR4());
    try (DefaultCamelContext camel = new DefaultCamelContext()) {
      camel.start();
      Client client = new Client(camel.createProducerTemplate(), arguments);
      switch (arguments[0]) {
        case "publish" -> client.publish(true);
        case "forget" -> client.publish(false);
        case "find" -> client.find(true);
        case "browse" -> client.find(false);
        default -> throw new IllegalArgumentException(arguments[0]);
      }
    }
  }

  private void publish(boolean isRight) throws Exception {
    String patient = "urn:uuid:" + UUID.randomUUID();
    String reference = "urn:uuid:" + UUID.randomUUID();
    String document = "urn:uuid:" + UUID.randomUUID();
    MinimalSubmissionSetList set = new MinimalSubmissionSetList();
    set.setSubmissionSetUniqueIdIdentifier(new Oid("2.999.1." + Math.abs(value.hashCode()) + ".1"));
    if (isRight) {
      set.setSourceId(new Oid("2.999.1"));
    }
    set.linkDocumentReference(reference);
    set.setDate(new Date()).setSubject(new Reference(patient));
    MinimalDocumentReference described = new MinimalDocumentReference();
    described.setUniqueIdIdentifier("urn:ietf:rfc:3986", "urn:oid:2.999.1." + Math.abs(value.hashCode()) + ".2");
    described.setDate(new Date()).setSubject(new Reference(patient));
    byte[] hashed = isRight ? TEXT : new byte[] {1};
    DocumentReference.DocumentReferenceContentComponent content = described.addContent();
    content.getAttachment()
        .setContentType("text/plain")
        .setUrl(document)
        .setSize(TEXT.length)
        .setHash(MessageDigest.getInstance("SHA-1").digest(hashed));
    Patient whose = new Patient();
    whose.addIdentifier().setSystem(system).setValue(value);
    whose.addName(new HumanName().setFamily("Ensayo").addGiven("Íñiga"));
    MinimalProvideDocumentBundle bundle = new MinimalProvideDocumentBundle();
    bundle.addEntry("urn:uuid:" + UUID.randomUUID(), set);
    bundle.addEntry(reference, described);
    bundle.addBinary(document, (Binary) new Binary().setContentType("text/plain").setData(TEXT));
    bundle.addEntry(patient, whose);
    try {
      Bundle answer = template.requestBody(endpoint("mhd-iti65"), bundle, Bundle.class);
      answer.getEntry().forEach(entry -> System.out.println(entry.getResponse().getStatus()));
    } catch (CamelExecutionException refused) {
      if (!(refused.getCause() instanceof BaseServerResponseException)) {
        throw refused;
      }
      System.out.println(((BaseServerResponseException) refused.getCause()).getStatusCode());
    }
  }

  private void find(boolean isRight) throws Exception {
    ICriterion<?> patient = token("patient.identifier").exactly().systemAndCode(system, value);
    ICriterion<?> status = token("status").exactly().code("current");
    // its own criteria go to DocumentManifest, as MHD 3 had it: for lists, 4.8.0 takes an address alone
    String whose = URLEncoder.encode(system + "|" + value, StandardCharsets.UTF_8);
    Object lists =
        isRight
            ? "List?patient.identifier=" + whose + "&code=submissionset&status=current"
            : new ICriterion<?>[] {patient, status};
    Object documents = isRight ? new ICriterion<?>[] {patient, status} : new ICriterion<?>[] {patient};
    System.out.println(found("mhd-iti66", lists).getEntry().size());
    Bundle references = found("mhd-iti67", documents);
    System.out.println(references.getEntry().size());
    for (Bundle.BundleEntryComponent entry : references.getEntry()) {
      // IPF has no client of ITI-68: whoever uses it fetches the address
      DocumentReference each = (DocumentReference) entry.getResource();
      URI address = URI.create(each.getContentFirstRep().getAttachment().getUrl());
      HttpRequest request = HttpRequest.newBuilder(address).header("Accept", each.getContentFirstRep().getAttachment().getContentType()).build();
      System.out.println(HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofByteArray()).statusCode());
    }
  }

  private Bundle found(String transaction, Object asked) {
    return template.requestBody(endpoint(transaction), asked, Bundle.class);
  }

  private String endpoint(String transaction) {
    return transaction + "://" + base.replaceFirst("^http://", "") + "?audit=false";
  }

  private static TokenClientParam token(String name) {
    return new TokenClientParam(name);
  }
}
