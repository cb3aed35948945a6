import static org.openehealth.ipf.platform.camel.ihe.fhir.core.FhirCamelValidators.SCHEMA;
import static org.openehealth.ipf.platform.camel.ihe.fhir.core.FhirCamelValidators.VALIDATION_MODE;
import static org.openehealth.ipf.platform.camel.ihe.fhir.core.FhirCamelValidators.itiRequestValidator;

import ca.uhn.fhir.rest.server.exceptions.ResourceNotFoundException;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.builder.RouteBuilder;
import org.hl7.fhir.r4.model.Binary;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.IdType;
import org.openehealth.ipf.commons.ihe.fhir.Constants;
import org.openehealth.ipf.commons.ihe.fhir.iti66.Iti66ListSearchParameters;
import org.openehealth.ipf.commons.ihe.fhir.iti67.Iti67SearchParameters;
import org.openehealth.ipf.platform.camel.core.adapter.ValidatorAdapter;

/**
 * The endpoints as IPF's own examples lay them out: what comes is held against FHIR's schema, then handed to the store.
 *
 * <p>Not its MhdValidator: of 4.8.0 it refuses every submission that holds a Patient, whose slice it cannot evaluate
 * (HAPI-0663).  Not mhd-iti68-bin: of 4.8.0 it casts its endpoint to a class that it is not.
 */
public class Routes extends RouteBuilder {
  private final Store store;

  Routes(Store store) {
    this.store = store;
  }

  @Override
  public void configure() {
    from("mhd-iti65:recipient?audit=false")
        .errorHandler(noErrorHandler())
        .setHeader(ValidatorAdapter.NEED_VALIDATION_HEADER_NAME, constant(true))
        .setHeader(VALIDATION_MODE, constant(SCHEMA))
        .process(itiRequestValidator())
        .process(exchange -> answer(exchange, store.take(exchange.getIn().getBody(Bundle.class))));
    from("mhd-iti66:lists?audit=false")
        .errorHandler(noErrorHandler())
        .process(
            exchange ->
                answer(exchange, isRead(exchange)
                    ? store.read("List", exchange.getIn().getBody(IdType.class))
                    : store.lists(asked(exchange, Iti66ListSearchParameters.class))));
    from("mhd-iti67:documents?audit=false")
        .errorHandler(noErrorHandler())
        .process(
            exchange ->
                answer(exchange, isRead(exchange)
                    ? store.read("DocumentReference", exchange.getIn().getBody(IdType.class))
                    : store.documents(asked(exchange, Iti67SearchParameters.class))));
    from("mhd-iti68:Binary?audit=false&matchOnUriPrefix=true").process(this::retrieve);
  }

  private void retrieve(Exchange exchange) {
    String path = exchange.getIn().getHeader(Exchange.HTTP_PATH, String.class);
    Message answer = exchange.getMessage();
    answer.removeHeaders("*");
    try {
      Binary document = (Binary) store.read("Binary", new IdType(path));
      answer.setHeader(Exchange.CONTENT_TYPE, document.getContentType());
      answer.setBody(document.getData());
    } catch (ResourceNotFoundException missing) {
      answer.setHeader(Exchange.HTTP_RESPONSE_CODE, missing.getStatusCode());
      answer.setBody(null);
    }
  }

  private static boolean isRead(Exchange exchange) {
    return exchange.getIn().getBody() instanceof IdType;
  }

  private static <T> T asked(Exchange exchange, Class<T> type) {
    return exchange.getIn().getHeader(Constants.FHIR_REQUEST_PARAMETERS, type);
  }

  private static void answer(Exchange exchange, Object body) {
    exchange.getMessage().setBody(body);
  }
}
